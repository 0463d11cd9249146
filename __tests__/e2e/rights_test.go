package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/stacks"
	known "github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/stackjson"
)

// rights compares the actions of IAM that an engine's calls are about with those that the role has that deploys the stack, whatever it is to be done
// to. The types and options that the design of this project does not use are seen here; TestPipeline asks for each resource.
type rights struct {
	mutex sync.Mutex
	// stack is the one that the calls are for now.
	stack string
	// allowed and seen are the actions, by stack.
	allowed, seen map[string]map[string]bool
}

// of says for which stack the calls are from now on. The stack is in the directory, and these are values of its variables.
func (r *rights) of(t *testing.T, stack, dir string, values map[string]any) {
	t.Helper()
	texts := map[string]cty.Value{}
	for name, value := range values {
		if text, ok := value.(string); ok {
			texts[name] = cty.StringVal(text)
		}
	}
	all := must[[]known.Role](t)(known.Pipeline{
		Account: accountOfTests, Repository: "order-bot/infra", Project: stacks.Project, StateBucket: "states",
		Stacks: []known.Stack{{Name: stack, Synthesized: must[*stackjson.Stack](t)(stackjson.Read(dir)), Values: texts, HostNames: nil}},
	}.Roles())
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.stack = stack
	for _, actions := range []*map[string]map[string]bool{&r.allowed, &r.seen} {
		if *actions == nil {
			*actions = map[string]map[string]bool{}
		}
		if (*actions)[stack] == nil {
			(*actions)[stack] = map[string]bool{}
		}
	}
	for _, role := range all {
		if role.Name == stacks.Project+"-deploy-"+stack {
			for _, statement := range role.Policy.Statement {
				for _, action := range statement.Action {
					r.allowed[stack][action] = true
				}
			}
		}
	}
}

// record notes a call.
func (r *rights) record(request *http.Request, body []byte) {
	match := signedFor.FindStringSubmatch(request.Header.Get("Authorization"))
	if match == nil || match[1] == "sts" { // GetCallerIdentity needs no permission
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.stack != "" {
		r.seen[r.stack][actionOf(match[1], request, body)] = true
	}
}

// check fails the test unless each action that was seen is allowed. least is how many there are at least.
func (r *rights) check(t *testing.T, least int) {
	t.Helper()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	count := 0
	for stack, seen := range r.seen {
		for _, action := range slices.Sorted(maps.Keys(seen)) {
			count++
			if !r.allowed[stack][action] {
				t.Errorf("the role that deploys %s may not %s", stack, action)
			}
		}
	}
	if count < least {
		t.Errorf("only %d actions were seen", count)
	}
}

// actionOf is the action of IAM that a call is about.
func actionOf(service string, r *http.Request, body []byte) string {
	switch service {
	case "s3", "route53":
		if requests := requestsOf(service, r, body); len(requests) > 0 {
			return requests[0].Action
		}
	case "scheduler": // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
		verbs := map[string]string{http.MethodPost: "Create", http.MethodGet: "Get", http.MethodPut: "Update", http.MethodDelete: "Delete"}
		return "scheduler:" + verbs[r.Method] + "Schedule"
	default:
		if _, operation, found := strings.Cut(r.Header.Get("X-Amz-Target"), "."); found {
			return service + ":" + operation
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
			return service + ":" + form.Get("Action")
		}
	}
	return fmt.Sprintf("%s: %s %s", service, r.Method, r.URL)
}
