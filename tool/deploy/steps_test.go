package deploy

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/tfstate"
)

// withJob is an engine whose plan has a job before a service: the whole plan changes both, a limited one the job alone. As soon as something was
// applied, the service is left. PART and REST replace what it shows of these two.
const withJob = `
job='{"address":"aws_scheduler_schedule.j","mode":"managed","type":"aws_scheduler_schedule","name":"j","change":{"actions":["create"],"after":{"name":"j"}}}'
service='{"address":"aws_ecs_service.s","mode":"managed","type":"aws_ecs_service","name":"s","change":{"actions":["create"],"after":{"name":"svc"},"after_unknown":{"id":true}}}'
more='{"address":"aws_lb.b","mode":"managed","type":"aws_lb","name":"b","change":{"actions":["delete"],"before":{},"after":null}}'
case "$1" in
plan)
	kind=whole
	[ -e "$FAKE/applied" ] && kind=rest
	case "$*" in *-target=*) kind=part ;; esac
	echo "$kind" >plan
	PLANNED
	exit 2 ;;
show)
	changes="$job,$service"
	case "$(cat plan)" in part) changes="$job"; PART ;; rest) changes="$service"; REST ;; esac
	echo '{"format_version":"1.2","variables":{"image":{"value":"r/svc:v2"}},"resource_changes":['"$changes"']}'
	exit ;;
apply)
	echo "applied $(cat plan)" >>"$FAKE/commands"
	APPLIED
	touch "$FAKE/applied"
	exit ;;
state) echo '{"version": 4, "serial": 7}'; exit ;;
esac
`

func TestApplySteps(t *testing.T) {
	t.Setenv("TF_VAR_image", "r/svc:v2")
	failed := errors.New("exit code 3")
	limited := regexp.MustCompile(`-target=\S+`)
	const part, rest = "-target=aws_scheduler_schedule.j", "plan"
	for name, c := range map[string]struct {
		replace []string // in the script
		jobs    []project.Sharer
		options Options
		run     error
		// does are the commands of the engine, ran tells that the job ran, fails is the error, and beyond that it is one of its kind.
		does   []string
		ran    bool
		fails  string
		beyond bool
		// left tells that something is left to do.
		left bool
	}{
		"no job":         {jobs: []project.Sharer{{Name: "report", Service: "svc"}}, does: []string{"plan"}, left: true},
		"left out":       {options: Options{WithoutJobs: true}, does: []string{"plan"}, left: true},
		"all goes well":  {does: []string{"plan", part, "applied part", rest}, ran: true, left: true},
		"with an import": {options: Options{Imports: []Import{{Address: "aws_lb.a", ID: "x"}}, Text: true}, does: []string{"plan", part, "applied part", rest}, ran: true, left: true},
		"its revision is there already": {
			replace: []string{"PLANNED", `case "$*" in *-target=*) exit 0 ;; esac`}, does: []string{"plan", part, rest}, ran: true, left: true,
		},
		"the part does more": {
			replace: []string{"PART", `changes="$job,$more"`}, does: []string{"plan", part}, beyond: true,
			fails: "the plan is another one than was shown, so nothing was deployed:\n  aws_lb.b: only now",
		},
		"the part cannot be applied": {
			replace: []string{"APPLIED", `echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no right"}}'; exit 1`}, does: []string{"plan", part, "applied part"}, fails: "no right",
		},
		"the engine is killed": {
			replace: []string{"APPLIED", `kill -9 $$`}, does: []string{"plan", part, "applied part"},
			fails: "the deploy of prod was killed from outside, most likely by the kernel, as memory ran out. What it did since the state was last saved is missing there, and its lock stays\n" +
				"Go on: ./infra unlock prod; ./infra recover prod; ./infra deploy prod",
		},
		"the job fails": {run: failed, does: []string{"plan", part, "applied part"}, ran: true, fails: "exit code 3"},
		"somebody else deploys meanwhile": {
			replace: []string{"REST", `changes="$service,$more"`}, does: []string{"plan", part, "applied part", rest}, ran: true, beyond: true,
			fails: "the jobs have run, and what is left to do is something else than was shown, so it was not done:\n  aws_lb.b: only now",
		},
		"nothing is left": {replace: []string{"PLANNED", `[ "$kind" = rest ] && exit 0`}, does: []string{"plan", part, "applied part", rest}, ran: true},
	} {
		t.Run(name, func(t *testing.T) {
			replaced := strings.NewReplacer(append(slices.Clone(c.replace), "PLANNED", ":", "PART", ":", "REST", ":", "APPLIED", ":")...)
			stack, fake, _ := withFake(t, replaced.Replace(withJob))
			if c.jobs == nil {
				c.jobs = []project.Sharer{{Name: "migrate", Service: "svc", Before: "aws_scheduler_schedule.j"}}
			}
			known := project.Project{Stacks: []project.Stack{{Name: "prod", Images: map[string]string{"svc": "image"}, Sharers: c.jobs}}}
			if err := known.Write(stack.out); err != nil {
				t.Fatal(err)
			}
			plan, err := stack.Plan(t.Context(), c.options)
			if err != nil {
				t.Fatal(err)
			}
			var ran []planguard.Step
			left, err := stack.ApplySteps(t.Context(), plan, 0, func(_ context.Context, step planguard.Step, state *tfstate.State) error {
				if state.Serial != 7 {
					t.Errorf("the state is %+v", state)
				}
				ran = append(ran, step)
				return c.run
			})
			beyond := (*Beyond)(nil)
			if err == nil && c.fails != "" || err != nil && err.Error() != c.fails || errors.As(err, &beyond) != c.beyond || c.beyond && beyond.Ran != c.ran {
				t.Errorf("it ends with %v", err)
			}
			if c.ran != slices.Equal(ran, []planguard.Step{{Job: "migrate", Schedule: "aws_scheduler_schedule.j", Service: "svc", Image: "r/svc:v2"}}) || !c.ran && len(ran) > 0 {
				t.Errorf("it ran %+v", ran)
			}
			var does []string
			for _, line := range strings.Split(read(t, fake, "commands"), "\n") {
				switch target := limited.FindString(line); {
				case target != "", strings.HasPrefix(line, "applied "):
					does = append(does, cmp.Or(target, line))
				case strings.HasPrefix(line, "plan "):
					does = append(does, "plan")
				}
			}
			if !slices.Equal(does, c.does) {
				t.Errorf("the engine does %q", does)
			}
			if c.fails == "" && left.Changes != c.left {
				t.Errorf("left is %t", left.Changes)
			}
			if left != nil {
				if left.verb != "deploy" {
					t.Errorf("what is left is a %s", left.verb)
				}
				if _, err := os.Stat(filepath.Join(left.scratch.Dir, planFile)); err != nil {
					t.Error(err) // to be applied
				}
				left.Remove()
			}
			if remains, _ := filepath.Glob(filepath.Join(stack.Dir, "plan-*")); len(remains) > 0 {
				t.Errorf("it leaves %q", remains)
			}
		})
	}
}
