// Package awstest is an AWS for tests: it gives recorded answers.
package awstest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Request is what was asked.
type Request struct {
	// URL is its method, its path and its query, such as "GET /2020-05-31/distribution?Marker=a".
	URL string
	// Signed is what its signature says that it is for, such as "eu-west-1/ec2".
	Signed string
	// Header are its headers.
	Header http.Header
	// Body is its body, and Form the same as a form.
	Body string
	Form url.Values
}

// An Answer writes an answer.
type Answer func(http.ResponseWriter)

// OK answers with a body.
func OK(body string) Answer { return Status(http.StatusOK, body) }

// Status answers with a status and a body.
func Status(status int, body string) Answer {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// Lost closes the connection.
func Lost(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// Start starts an AWS that gives these answers one after another, until the test ends. It returns settings for it, with which nothing waits before
// it asks again, and what was asked up to now.
func Start(t *testing.T, answers ...Answer) (aws.Config, *[]Request) {
	t.Helper()
	var asked []Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, _ := url.ParseQuery(string(body))
		signed, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/"), "/aws4_request, SignedHeaders=")
		_, signed, _ = strings.Cut(signed, "/") // the day
		asked = append(asked, Request{r.Method + " " + r.RequestURI, signed, r.Header, string(body), form})
		if len(asked) > len(answers) {
			t.Errorf("asked %d times: %v", len(asked), asked)
			return
		}
		answers[len(asked)-1](w)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "token"),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}, &asked
}
