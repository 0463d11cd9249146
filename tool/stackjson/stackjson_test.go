package stackjson_test

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/stackjson"
)

const example = `{
  "resource": {
    "aws_lb": {"alb": {"name": "a", "//": {"note": "${aws_lb_listener.https.arn}"}}},
    "aws_lb_listener": {"https": {
      "load_balancer_arn": "${aws_lb.alb.arn}",
      "name": "${jsonencode([data.aws_region.here.name, aws_lb.gone.arn])}",
      "depends_on": ["aws_ecr_repository.a-b_c"]
    }},
    "aws_ecr_repository": {"a-b_c": {}}
  },
  "data": {"aws_region": {"here": {}}}
}`

func TestReferences(t *testing.T) {
	stack, err := stackjson.Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"aws_ecr_repository.a-b_c", "aws_lb.alb", "data.aws_region.here"}
	if got := stack.References("aws_lb_listener.https"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := stack.References("aws_lb.alb"); len(got) != 0 {
		t.Errorf("a comment is taken for a reference: %q", got)
	}
}

func TestAddresses(t *testing.T) {
	stack, _ := stackjson.Parse([]byte(example))
	if got, want := stack.Managed(), []string{"aws_ecr_repository.a-b_c", "aws_lb.alb", "aws_lb_listener.https"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := stack.DataSources(), []string{"data.aws_region.here"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if stack.At("aws_lb.none") != nil || stack.At("data.aws_lb.alb") != nil {
		t.Error("something at an address that has nothing")
	}
}

func TestParseRefusesWhatIsNoJSON(t *testing.T) {
	if _, err := stackjson.Parse([]byte("{")); err == nil {
		t.Error("no error")
	}
}
