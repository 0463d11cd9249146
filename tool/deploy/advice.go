package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/progress"
)

// advice says what to do about an error of an engine, by a part of its text. %s is the stack's name, DIRECTORY where it is, and
// RECOVER and UNLOCK are the verbs for it.
var advice = []struct {
	error  *regexp.Regexp
	advice string
}{
	{regexp.MustCompile(`(?is)(state|workspaces).*NoSuchBucket|S3 bucket "[^"]*" does not exist`),
		"The bucket of the states is gone: ./infra state-bucket creates it again. Then take in what AWS has: RECOVER"},
	{regexp.MustCompile(`(?i)no valid credential sources|failed to retrieve credentials|get credentials|ExpiredToken`),
		"There are no AWS credentials, or they have expired: aws sts get-caller-identity has to show your account before anything can be done with %s"},
	{regexp.MustCompile(`use of closed network connection|connection reset by peer`),
		"A connection to AWS was lost. Do the same once more. What of %s exists already by then, the plan says, and what to do about it"},
	{regexp.MustCompile(`Backend configuration changed`),
		"%s was initialized by the other engine, here or by npx cdktf, or for another state bucket: TERRAFORM_BINARY_NAME names the engine for both. If both are right as they are now: rm -r DIRECTORY/.terraform"},
	{regexp.MustCompile(`No value for required variable`), "Put each of them into %s.tfvars: examples/%s.tfvars has an example, and says where to find the value"},
	{regexp.MustCompile(`(?s)S3 Bucket .*StatusCode: 301`), "The bucket is in another region than the aws_region of %s. A bucket cannot be moved: correct aws_region in %s.tfvars"},
	{regexp.MustCompile(`encryption key data|This state file is encrypted|encrypted payload|decryption failed`),
		"The variable TF_ENCRYPTION of the environment does not fit the state of %s: it has to be what the state is encrypted with, and is not there for a state that is not encrypted"},
	{regexp.MustCompile(`Error acquiring the state lock`), "Someone else is deploying: wait. If that deploy was killed, release its lock: UNLOCK"},
}

// taken matches what AWS and the provider say, service by service, where AWS has one already of the name, or at the place, that a new one is
// to take. Whose that is, it does not say.
var taken = regexp.MustCompile(`(?i)already ?exists?|AlreadyOwnedByYou|InvalidGroup\.Duplicate|DuplicateListener|PriorityInUse|not idempotent`)

// Taken tells whether AWS refused to create something because somebody has it already: this stack, since a deploy that was killed, or
// somebody else. What to do depends on that.
func Taken(err error) bool { return err != nil && taken.MatchString(err.Error()) }

// Advice is what to do about the error that it is joined to.
type Advice string

func (a Advice) Error() string { return string(a) }

// advised is an error and what to do about it.
func (s *Stack) advised(err error) error {
	if s.kind == "terraform" && strings.Contains(err.Error(), "registry.opentofu.org") { // which is where a state of OpenTofu has its provider from
		return errors.Join(err, fmt.Errorf(writtenBy, "tofu", s.Name, s.kind, engine.Variable))
	}
	if strings.Contains(err.Error(), "TF_ENCRYPTION") { // which the engine shows as the place of a mistake, and says nothing of the variable
		return fmt.Errorf("OpenTofu cannot read the variable TF_ENCRYPTION of the environment: it has to be what the state of %s is encrypted with, and is not there for a state that is not encrypted", s.Name)
	}
	for _, row := range advice {
		if row.error.MatchString(err.Error()) {
			return errors.Join(err, Advice(strings.NewReplacer("%s", s.Name, "DIRECTORY", s.shown(), "RECOVER", "./infra recover "+s.Name, "UNLOCK", "./infra unlock "+s.Name).Replace(row.advice)))
		}
	}
	return err
}

// unfinished makes one error of how an apply ended, for a person to read: what was interrupted, what is saved, and what to do next. A nil
// err stays nil.
func (s *Stack) unfinished(ctx context.Context, plan *Plan, log *progress.Log, err error) error {
	if err == nil {
		return nil
	}
	// How each goes on, and where it could not save.
	on := cmp.Or(plan.options.Again, "./infra "+plan.verb+" "+s.Name)
	repair := "./infra recover " + s.Name
	if plan.verb == "destroy" { // which can simply be repeated
		repair = on
	}
	interrupted := fmt.Errorf("the %s of %s was interrupted", plan.verb, s.Name)
	switch {
	case exists(filepath.Join(plan.scratch.Dir, unsaved)):
		if ctx.Err() == nil {
			interrupted = nil
		}
		return errors.Join(log.Err(), interrupted, fmt.Errorf("the state could not be saved: AWS has what the %s of %s did, and the state lacks it", plan.verb, s.Name),
			Advice(fmt.Sprintf("Take it in: %s. Then delete %s, which holds secrets", repair, filepath.Join(s.shown(), unsaved))))
	case engine.Killed(err):
		return errors.Join(log.Err(), fmt.Errorf("the %s of %s was killed from outside, most likely by the kernel, as memory ran out. "+
			"What it did since the state was last saved is missing there, and its lock stays", plan.verb, s.Name), Advice("Go on: ./infra unlock "+s.Name+"; "+strings.Join(slices.Compact([]string{repair, on}), "; ")))
	case ctx.Err() != nil && errors.Is(err, ctx.Err()): // before the engine was started
		return fmt.Errorf("%w before it changed anything. Go on: %s", interrupted, on)
	case ctx.Err() != nil:
		return errors.Join(log.Err(), fmt.Errorf("%w. What it did by then is saved in the state, and the lock is released. Go on: %s", interrupted, on))
	}
	return s.failed(ctx, plan.verb, log, err)
}

// looks are the colours of an engine, which some commands of OpenTofu have also where nobody looks.
var looks = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// failed makes one error of what an engine printed and how it ended, for a person to read. A nil err stays nil.
func (s *Stack) failed(ctx context.Context, what string, log *progress.Log, err error) error {
	switch {
	case err == nil:
		return nil
	case engine.Killed(err):
		return fmt.Errorf("%s of %s was killed from outside, most likely by the kernel, as memory ran out. Release the lock that it may have left, and do the same once more: ./infra unlock %[2]s", what, s.Name)
	case ctx.Err() != nil:
		err = fmt.Errorf("%s of %s was interrupted", what, s.Name)
		if log != nil {
			err = errors.Join(log.Err(), err)
		}
		return err
	case log != nil && log.Err() != nil:
		return s.advised(log.Err())
	}
	words := ""
	if failure := (*engine.Failure)(nil); errors.As(err, &failure) {
		words = failure.Text
	}
	var lines []string
	for line := range strings.Lines(looks.ReplaceAllString(words, "")) { // in a frame
		if line = strings.Trim(line, "╷│╵ \r\n"); line != "" {
			lines = append(lines, strings.TrimPrefix(line, "Error: "))
		}
	}
	if len(lines) == 0 {
		lines = []string{err.Error()}
	}
	return s.advised(fmt.Errorf("%s of %s: %s", what, s.Name, strings.Join(lines, "\n  ")))
}
