package awsapi

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
)

// Query asks for an action by a form, and reads the XML that comes back into answer. All parameters of the action are in parameters, by
// their names in its reference. A refusal is a [smithy.APIError].
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
// https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
func (c *Client) Query(ctx context.Context, action string, parameters url.Values, answer any) error {
	form := url.Values{"Action": {action}, "Version": {c.service.Version}}
	maps.Copy(form, parameters)
	return c.call(ctx, action, Request{
		Method: http.MethodPost, Path: "/", Body: []byte(form.Encode()),
		Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
	}, protocol{xml.Unmarshal, refusalInXML}, answer)
}

// XML asks for an action by a method and a path with its query, with input as XML unless it is nil, and reads the XML that comes
// back into answer. A refusal is a [smithy.APIError].
// https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
func (c *Client) XML(ctx context.Context, action, method, path string, input, answer any) error {
	r := Request{Method: method, Path: path}
	if input != nil {
		body, err := xml.Marshal(input)
		if err != nil {
			return err
		}
		r.Body, r.Header = body, map[string]string{"Content-Type": "application/xml"}
	}
	return c.call(ctx, action, r, protocol{xml.Unmarshal, refusalInXML}, answer)
}

// JSON asks for an action with input as JSON, and reads the JSON that comes back into answer. A refusal is a [smithy.APIError].
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
func (c *Client) JSON(ctx context.Context, action string, input, answer any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	return c.call(ctx, action, Request{
		Method: http.MethodPost, Path: "/", Body: body,
		Header: map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": c.service.Target + "." + action},
	}, protocol{json.Unmarshal, refusalInJSON}, answer)
}

// GetJSON asks for an action by a path with its query, and reads the JSON that comes back into answer. A refusal is a [smithy.APIError].
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
func (c *Client) GetJSON(ctx context.Context, action, path string, answer any) error {
	return c.call(ctx, action, Request{Method: http.MethodGet, Path: path}, protocol{json.Unmarshal, refusalInJSON}, answer)
}

// S3 asks for an action of S3 by a request, and reads the XML that comes back into answer; or all that comes back if that is bytes, or nothing if it is
// nil. A refusal is a [smithy.APIError]. The answer to a HEAD says nothing of its reason: the code is then that of HTTP, such as "NotFound".
func (c *Client) S3(ctx context.Context, action string, r Request, answer any) error {
	return c.call(ctx, action, r, protocol{func(content []byte, answer any) error {
		switch answer := answer.(type) {
		case nil:
			return nil
		case *[]byte:
			*answer = content
			return nil
		}
		return xml.Unmarshal(content, answer)
	}, refusalInXML}, answer)
}

// refusalInXML reads <ErrorResponse><Error>…</Error><RequestId>…, that of EC2, <Response><Errors><Error>…</Error></Errors><RequestID>…, and that of S3,
// <Error>…<RequestId>…</RequestId></Error>
func refusalInXML(_ *http.Response, content []byte) refusal {
	type reason struct{ Code, Message string }
	var is struct {
		Error     reason
		First     reason `xml:"Errors>Error"`
		RequestID string `xml:"RequestId"`
		OfEC2     string `xml:"RequestID"`
		reason           // of S3
	}
	if xml.Unmarshal(content, &is) != nil {
		return refusal{}
	}
	return refusal{cmp.Or(is.Error.Code, is.First.Code, is.Code), cmp.Or(is.Error.Message, is.First.Message, is.Message), cmp.Or(is.RequestID, is.OfEC2)}
}

func refusalInJSON(response *http.Response, content []byte) refusal {
	var is struct {
		Type    string `json:"__type"`
		Message string // some services write it in small letters, which encoding/json reads as well
	}
	if json.Unmarshal(content, &is) != nil {
		return refusal{}
	}
	code := cmp.Or(response.Header.Get("X-Amzn-ErrorType"), is.Type)
	return refusal{restjson.SanitizeErrorCode(code), is.Message, response.Header.Get("X-Amzn-RequestId")}
}
