package awsapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/url"
	"strings"
)

// Items walks through the list of a name that the answers to an action in JSON have, page by page. An error comes last.
func Items[T any](ctx context.Context, c *Client, action, list string, input map[string]any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		input := maps.Clone(input)
		for more := true; more; {
			var answer map[string]json.RawMessage
			var items []T
			err := c.JSON(ctx, action, input, &answer)
			more = false
			for name, value := range answer {
				var token string
				switch {
				case name == list:
					err = errors.Join(err, json.Unmarshal(value, &items))
				case strings.EqualFold(name, "nextToken") && json.Unmarshal(value, &token) == nil && token != "":
					input[name], more = token, true
				}
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
		}
	}
}

// List returns all that Items walks through.
func List[T any](ctx context.Context, c *Client, action, list string, input map[string]any) (all []T, err error) {
	for item, err := range Items[T](ctx, c, action, list, input) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// Members asks for an action by a form, page by page, and returns the members of the one list in its answers.
func Members[T any](ctx context.Context, c *Client, action string, parameters url.Values) (all []T, err error) {
	parameters = maps.Clone(parameters)
	for {
		var answer struct {
			Result struct { // ACTIONResult
				NextToken, NextMarker, Marker string
				List                          struct { // LoadBalancers, Topics, …
					Members []T `xml:"member"`
				} `xml:",any"`
			} `xml:",any"`
			Metadata struct{} `xml:"ResponseMetadata"` // named, as it is no result
		}
		if err := c.Query(ctx, action, parameters, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Result.List.Members...)
		switch marker := cmp.Or(answer.Result.NextMarker, answer.Result.Marker); {
		case answer.Result.NextToken != "":
			parameters.Set("NextToken", answer.Result.NextToken)
		case marker != "":
			parameters.Set("Marker", marker)
		default:
			return all, nil
		}
	}
}
