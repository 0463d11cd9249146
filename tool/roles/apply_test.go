package roles

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/iampolicy"
)

// fakeIAM is the IAM of one account.
type fakeIAM struct {
	// trusts are the roles with their trust policies, embedded the names and documents of policies in them, attached the ARNs of those that they have.
	trusts   map[string]string
	sessions map[string]time.Duration
	embedded map[string]map[string]string
	attached map[string][]string
	policies map[string]string // the managed ones, by ARN
	// fails is how many calls succeed before one fails. 0: all.
	fails, calls int
	// after is called after each change.
	after func()
}

func newAccount() *fakeIAM {
	return &fakeIAM{
		trusts: map[string]string{}, sessions: map[string]time.Duration{}, embedded: map[string]map[string]string{}, attached: map[string][]string{},
		policies: map[string]string{}, after: func() {},
	}
}

const arns = "arn:aws:iam::111122223333:policy/"

func refused(code string) error { return &smithy.GenericAPIError{Code: code, Message: code} }

// change is what each call does that changes something.
func (a *fakeIAM) change(code string, ok bool, do func()) error {
	if a.calls++; a.calls == a.fails {
		return errors.New("no answer")
	}
	if !ok {
		return refused(code)
	}
	do()
	a.after()
	return nil
}

func (a *fakeIAM) CreateRole(_ context.Context, name, trust string, longest time.Duration) error {
	return a.change("EntityAlreadyExists", a.trusts[name] == "", func() { a.trusts[name], a.sessions[name] = trust, longest })
}

func (a *fakeIAM) UpdateRole(_ context.Context, name string, longest time.Duration) error {
	return a.change("NoSuchEntity", a.trusts[name] != "", func() { a.sessions[name] = longest })
}

func (a *fakeIAM) UpdateAssumeRolePolicy(_ context.Context, role, trust string) error {
	return a.change("NoSuchEntity", a.trusts[role] != "", func() { a.trusts[role] = trust })
}

func (a *fakeIAM) CreatePolicy(_ context.Context, name, document string) error {
	return a.change("EntityAlreadyExists", a.policies[arns+name] == "", func() { a.policies[arns+name] = document })
}

func (a *fakeIAM) DeletePolicy(_ context.Context, arn string) error {
	for _, attached := range a.attached {
		if slices.Contains(attached, arn) {
			return refused("DeleteConflict")
		}
	}
	return a.change("NoSuchEntity", a.policies[arn] != "", func() { delete(a.policies, arn) })
}

func (a *fakeIAM) AttachRolePolicy(_ context.Context, role, arn string) error {
	return a.change("NoSuchEntity", a.policies[arn] != "" && a.trusts[role] != "", func() {
		if !slices.Contains(a.attached[role], arn) {
			a.attached[role] = append(a.attached[role], arn)
		}
	})
}

func (a *fakeIAM) DetachRolePolicy(_ context.Context, role, arn string) error {
	return a.change("NoSuchEntity", slices.Contains(a.attached[role], arn), func() {
		a.attached[role] = slices.DeleteFunc(slices.Clone(a.attached[role]), func(other string) bool { return other == arn })
	})
}

func (a *fakeIAM) ListAttachedRolePolicies(_ context.Context, role string) ([]string, error) {
	return slices.Clone(a.attached[role]), nil
}

func (a *fakeIAM) DeleteRolePolicy(_ context.Context, role, name string) error {
	return a.change("NoSuchEntity", a.embedded[role][name] != "", func() { delete(a.embedded[role], name) })
}

// actions are what a role may do.
func (a *fakeIAM) actions(t *testing.T, role string) []string {
	t.Helper()
	var all []string
	documents := []string{}
	for _, document := range a.embedded[role] {
		documents = append(documents, document)
	}
	for _, arn := range a.attached[role] {
		documents = append(documents, a.policies[arn])
	}
	for _, document := range documents {
		var policy iampolicy.Document
		if err := json.Unmarshal([]byte(document), &policy); err != nil {
			t.Fatal(err)
		}
		for _, statement := range policy.Statement {
			all = append(all, statement.Action...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// roleOf is a role that may do something: with several policies where that is long.
func roleOf(t *testing.T, name string, actions ...string) Role {
	t.Helper()
	is := Role{Name: name, Trust: iampolicy.Document{Version: "2012-10-17", Statement: []iampolicy.Statement{{Sid: "Who", Effect: "Allow", Action: []string{"sts:AssumeRole"}}}}}
	is.Policy.Version = "2012-10-17"
	for i, action := range actions {
		statement := iampolicy.Allow(fmt.Sprint("S", i), []string{strings.Repeat("r", 2500)})
		statement.Action = []string{action}
		is.Policy.Statement = append(is.Policy.Statement, statement)
	}
	var err error
	if is.Policies, err = split(is.Policy); err != nil {
		t.Fatal(err)
	}
	return is
}

// Whatever the lengths are, each document is as full as it can be, and none is longer than IAM takes.
func TestSplit(t *testing.T) {
	for first := 850; first < 1000; first++ { // on both sides of where three of them fit
		policy := iampolicy.Document{Version: "2012-10-17"}
		for i, long := range []int{first, 2000, 3000, 5900, 1, 6000} {
			policy.Statement = append(policy.Statement, iampolicy.Allow(fmt.Sprint("S", i), []string{strings.Repeat("r", long)}))
		}
		all, err := split(policy)
		if err != nil {
			t.Fatal(err)
		}
		var together []iampolicy.Statement
		for i, document := range all {
			if i > 0 {
				fuller := all[i-1]
				fuller.Statement = append(slices.Clone(fuller.Statement), document.Statement[0])
				if length(fuller) <= 6144 {
					t.Errorf("%d: a statement more fits into document %d", first, i)
				}
			}
			if got := length(document); got > 6144 {
				t.Errorf("%d: document %d has %d characters", first, i+1, got)
			}
			together = append(together, document.Statement...)
		}
		if !reflect.DeepEqual(together, policy.Statement) {
			t.Errorf("%d: together they are another policy", first)
		}
	}
}

// A role is created, changed, and left as it is. Whatever it had before and is to have, it has at each moment, and its policies are as many as fit.
func TestApply(t *testing.T) {
	const name = "order-bot-deploy-prod"
	a := newAccount()
	apply := func(role Role, want string) {
		t.Helper()
		var said bytes.Buffer
		if err := Apply(t.Context(), a, "111122223333", []Role{role}, &said); err != nil || said.String() != want {
			t.Errorf("%v, it says %q, not %q", err, said.String(), want)
		}
	}
	// has fails the test unless the role may do that, by managed policies that are all there are.
	has := func(policies int, actions ...string) {
		t.Helper()
		if got := a.actions(t, name); !slices.Equal(got, actions) || len(a.policies) != policies || len(a.attached[name]) != policies || len(a.embedded[name]) > 0 {
			t.Errorf("%s may %q by %q, there are %d, and %v in it", name, got, a.attached[name], len(a.policies), a.embedded[name])
		}
	}
	apply(roleOf(t, name, "a"), name+": created, with 1 policy\n")
	has(1, "a")
	if a.sessions[name] != 2*time.Hour || !strings.Contains(a.trusts[name], "sts:AssumeRole") {
		t.Errorf("its sessions last %s, and it trusts %s", a.sessions[name], a.trusts[name])
	}

	// As they were before there were managed policies: the policy is in the role, and its sessions are short.
	a = newAccount()
	a.trusts[name], a.sessions[name] = "old", time.Hour
	a.embedded[name] = map[string]string{"pipeline": text(roleOf(t, name, "a", "b").Policy)}
	for _, step := range []struct {
		to       []string
		policies int
	}{{[]string{"a", "b"}, 1}, {[]string{"a", "b", "c", "d", "e"}, 3}, {[]string{"e", "a"}, 1}, {[]string{"e", "a"}, 1}} {
		kept := slices.DeleteFunc(a.actions(t, name), func(action string) bool { return !slices.Contains(step.to, action) })
		a.after = func() {
			for _, action := range kept {
				if !slices.Contains(a.actions(t, name), action) {
					t.Errorf("to %q: it may not do %s for a moment", step.to, action)
				}
			}
		}
		plural := map[bool]string{true: "1 policy", false: fmt.Sprint(step.policies, " policies")}[step.policies == 1]
		apply(roleOf(t, name, step.to...), name+": as it is to be, with "+plural+"\n")
		has(step.policies, slices.Sorted(slices.Values(step.to))...)
	}
	if a.sessions[name] != 2*time.Hour || a.trusts[name] == "old" {
		t.Errorf("its sessions last %s, and it trusts %s", a.sessions[name], a.trusts[name])
	}
}

// What was done in part is done to its end by the same command.
func TestApplyAgain(t *testing.T) {
	const name = "order-bot-plan"
	want := []string{"b", "c", "d"}
	for fails := 1; ; fails++ {
		a := newAccount()
		if err := Apply(t.Context(), a, "111122223333", []Role{roleOf(t, name, "a", "b")}, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		a.calls, a.fails = 0, fails
		err := Apply(t.Context(), a, "111122223333", []Role{roleOf(t, name, want...)}, &bytes.Buffer{})
		if a.calls < fails {
			if fails < 8 {
				t.Errorf("only %d calls", a.calls)
			}
			return
		}
		if err == nil || err.Error() != name+": no answer" {
			t.Errorf("call %d failed: %v", fails, err)
		}
		a.fails = 0
		if err := Apply(t.Context(), a, "111122223333", []Role{roleOf(t, name, want...)}, &bytes.Buffer{}); err != nil || !slices.Equal(a.actions(t, name), want) {
			t.Errorf("after call %d failed: %v, it may %q", fails, err, a.actions(t, name))
		}
	}
}

// What others have given to a role, or taken from it for another one, is left to them.
func TestApplyLeavesOthers(t *testing.T) {
	const name = "order-bot-deploy-prod"
	a := newAccount()
	before, after := roleOf(t, name, "a"), roleOf(t, name, "b")
	if err := Apply(t.Context(), a, "111122223333", []Role{before, roleOf(t, "another", "x")}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	shared := a.attached[name][0]
	a.attached["another"] = append(a.attached["another"], shared)
	theirs := []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", arns + name + "-more", arns + name + "-eu-01234567"}
	for _, arn := range theirs {
		a.policies[arn] = "{}"
	}
	a.attached[name] = append(a.attached[name], theirs...)
	a.embedded[name] = map[string]string{"own": "{}"}
	if err := Apply(t.Context(), a, "111122223333", []Role{after}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if got := a.attached[name][:len(theirs)]; !slices.Equal(got, theirs) || len(a.attached[name]) != len(theirs)+1 {
		t.Errorf("it has %q", a.attached[name])
	}
	if a.embedded[name]["own"] == "" || a.policies[shared] == "" || !slices.Contains(a.attached["another"], shared) {
		t.Errorf("others lack something: %+v", a)
	}
}
