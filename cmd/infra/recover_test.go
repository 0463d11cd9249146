package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/recovery"
)

// What is set aside is destroyed by the next deploy, without a question: it has to be something that the guard lets pass.
func TestRetire(t *testing.T) {
	for what, c := range map[string]struct {
		after   string
		allowed []string
		refused bool
	}{
		"another hosted zone":          {`{"zone_id":"Y","name":"a.example.com","type":"A"}`, nil, true},
		"another hosted zone, allowed": {`{"zone_id":"Y","name":"a.example.com","type":"A"}`, []string{"aws_route53_record.a"}, false},
		"another name":                 {`{"zone_id":"Z","name":"b.example.com","type":"A"}`, nil, false},
	} {
		report, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"aws_route53_record.a","mode":"managed","type":"aws_route53_record","name":"a",
			"change":{"actions":["create","delete"],"before":{"zone_id":"Z","name":"a.example.com","type":"A"},"after":` + c.after + `}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		found := &unrecorded{Result: &recovery.Result{Found: []kinds.Found{{Address: "aws_route53_record.a", From: "aws_route53_record.a", Replaces: true}}}, plan: &deploy.Plan{Report: report}}
		// Where it is not refused, there is a question, which nobody answers here.
		if _, err := found.retire(t.Context(), nil, c.allowed, 0, false); err == nil || errors.Is(err, exit(2)) != c.refused {
			t.Errorf("%s: %v", what, err)
		}
	}
}
