// Command infra is what people and the pipeline run: it plans, deploys and watches the stacks.
//
//	./infra VERB STACK
//
// Run it from the project's directory. `./infra --help` lists the verbs.
//
// Exit status 0: all is well. 1: it failed. 2: the guard refuses the plan, or the stack is not as
// it should be. 3: the plan is another one than --expect names. The verb run ends with the exit code of its container, and
// exec with that of the session manager plugin.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/terminal"
)

// commands are the verbs, each in a file of its own, in the order and the groups of the help.
type commands struct {
	Plan     planCommand     `cmd:"" group:"deploy" help:"Show what a deploy would do; refuse what loses something."`
	Check    checkCommand    `cmd:"" group:"deploy" help:"Look whether what the inputs name is there, fits, and is nobody else's: certificates, zone, names."`
	Deploy   deployCommand   `cmd:"" group:"deploy" help:"Show the plan, ask, apply that very plan, and then show the status of the stack."`
	Destroy  destroyCommand  `cmd:"" group:"deploy" help:"Destroy everything that a stack has, after its name was typed."`
	Restart  restartCommand  `cmd:"" group:"deploy" help:"Replace the tasks of a service by new ones, which read their secrets anew."`
	Run      runCommand      `cmd:"" group:"deploy" help:"Run a command once with the image of a service, or a job now; show its log, and end with its exit code."`
	Exec     execCommand     `cmd:"" group:"deploy" help:"Open a shell or a command in a running container of a service that has Exec."`
	Wake     wakeCommand     `cmd:"" group:"deploy" help:"Start what the timetable has stopped, until a time."`
	Sleep    sleepCommand    `cmd:"" group:"deploy" help:"Stop what the timetable has started, until a time."`
	Scale    scaleCommand    `cmd:"" group:"deploy" help:"Give a service another number of tasks, until a time."`
	Secret   secretCommand   `cmd:"" group:"deploy" help:"Write the secrets of a service, and say which there are."`
	Frontend frontendCommand `cmd:"" group:"deploy" help:"Upload a build of the frontend, so that browsers show it at once."`

	Status statusCommand `cmd:"" group:"look" help:"Say whether a stack is as it should be: services, targets, timetable, frontend, lock."`
	Logs   logsCommand   `cmd:"" group:"look" help:"Show what a service has logged."`
	Stacks stacksCommand `cmd:"" group:"look" help:"Name all stacks, in the order in which they are deployed."`

	Rollback rollbackCommand `cmd:"" group:"repair" help:"Go back to the image that a service ran before: show those that worked, ask, deploy it, and wait."`
	Recover  recoverCommand  `cmd:"" group:"repair" help:"Import into the state what exists in AWS and is missing in the state."`
	Unlock   unlockCommand   `cmd:"" group:"repair" help:"Release the lock that a killed deploy left."`
	State    stateCommand    `cmd:"" group:"repair" help:"List the versions of a state that the bucket keeps, and go back to one."`

	StateBucket stateBucketCommand `cmd:"" group:"setup" help:"Create the bucket of the Terraform states, or say that it is there."`
	Lock        lockCommand        `cmd:"" group:"setup" help:"Write the checksums of the AWS provider into the folder locks."`
	Inputs      inputsCommand      `cmd:"" group:"setup" help:"Write the values of a stack that the pipeline holds to a file."`
	Fill        fillCommand        `cmd:"" group:"setup" help:"Write the outputs of the stack network to the values of other stacks, after a look at the difference."`
	Roles       rolesCommand       `cmd:"" group:"setup" help:"Write the IAM policies of the pipeline's roles, and create the roles in AWS."`

	Guard  guardCommand  `cmd:"" group:"code" help:"Say what a plan from elsewhere will do, and refuse what loses something."`
	HCL    hclCommand    `cmd:"" name:"hcl" group:"code" help:"Write a stack in Terraform's own language, with the same addresses, to go on without CDKTF."`
	Policy policyCommand `cmd:"" group:"code" help:"Look for insecure settings in the synthesized stacks with checkov."`
	Demo   demoCommand   `cmd:"" group:"code" help:"Deploy all stacks into a local AWS on this machine."`
}

// groups are those of the verbs.
var groups = []kong.Group{
	{Key: "deploy", Title: "Deploy"},
	{Key: "look", Title: "Look"},
	{Key: "repair", Title: "Repair"},
	{Key: "setup", Title: "Set up"},
	{Key: "code", Title: "Work on the code"},
}

// exit is an exit status whose reason has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	err := run(os.Args[1:])
	if lost := printed.lost.Load(); err == nil && lost != nil {
		err = fmt.Errorf("it is done, but %w", *lost)
	}
	if status := exit(0); errors.As(err, &status) {
		os.Exit(int(status))
	}
	for _, line := range check.Lines(err) {
		fmt.Fprint(os.Stderr, terminal.Fit(os.Stderr, "infra: "+line))
	}
	if err != nil {
		os.Exit(1)
	}
}

func run(args []string) error {
	// The engines warn at each call about a configuration file that is named but not there.
	if file := os.Getenv("TF_CLI_CONFIG_FILE"); file != "" {
		if _, err := os.Stat(file); err != nil {
			_ = os.Unsetenv("TF_CLI_CONFIG_FILE")
		} else if file, err = filepath.Abs(file); err == nil { // the engine works elsewhere
			_ = os.Setenv("TF_CLI_CONFIG_FILE", file)
		}
	}
	ctx, stop := untilInterrupted()
	defer stop()

	parser, err := newParser(ctx)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		if below := belowZero(args); below != nil {
			return below
		}
		return fmt.Errorf("%w (%s)", err, hint(err, args))
	}
	err = command.Run()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exit(1) // that it was interrupted has been said
	}
	return err
}

// hint says what to do about arguments that are not understood, and why not.
func hint(err error, args []string) string {
	// A flag of the command seems to be one of the verb.
	if len(args) > 3 && (args[0] == "run" || args[0] == "exec") && !slices.Contains(args, "--") {
		return "the words of a command come after --, such as ./infra " + args[0] + " STACK SERVICE -- ls -l"
	}
	if strings.Contains(err.Error(), `expected "<stack>`) {
		return stackHelp() + ". ./infra --help lists all verbs"
	}
	return "./infra --help lists all verbs"
}

func newParser(ctx context.Context) (*kong.Kong, error) {
	return kong.New(&commands{},
		kong.Name("./infra"),
		kong.Description("Plans, deploys and watches the stacks. Run it from the project's directory."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups(groups),
		kong.Vars{"stacks": stackHelp()},
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
}

// stackHelp names the stacks, as far as they are known yet.
func stackHelp() string {
	if here, err := deploy.Here(); err == nil {
		if all, err := project.Read(here.Out); err == nil {
			return "The stack: " + strings.Join(all.Names(), " or ")
		}
	}
	return "The stack, such as prod"
}
