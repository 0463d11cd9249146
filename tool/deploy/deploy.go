// Package deploy takes a stack from its design to AWS: it synthesizes, initializes the engine,
// plans into a file, and applies that very file.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvars"
)

// Stack is a stack of a project, and the engine for it.
type Stack struct {
	// Name is the stack's, such as "prod".
	Name string
	// Dir is where the stack is synthesized to.
	Dir string
	// Brief says of each resource only that it is done, not that it begins.
	Brief bool

	project, out string
	// values is the directory of the files with the stacks' values.
	values    string
	variables map[string]string
	given     map[string]string
	log       io.Writer
	// notes is where a person reads what does not belong to the result.
	notes  io.Writer
	warned bool
	// kind is which engine is used, as soon as it is known.
	kind string
}

// DemoVariable names the folder of a demo, an absolute path. Its stacks and its values then take the place of the project's own.
const DemoVariable = "INFRA_DEMO"

// Open returns a stack of the project in the current directory. What the engine has to say goes
// to log. It returns an error if there is no project here, or no engine on this machine.
func Open(name string, log io.Writer) (*Stack, error) {
	here, err := Here()
	if err != nil {
		return nil, err
	}
	return &Stack{Name: name, Dir: filepath.Join(here.Out, "stacks", name), project: here.Project, out: here.Out, values: here.Values, log: log, notes: os.Stderr}, nil
}

// Directories are those of a project.
type Directories struct {
	// Project is the project's own.
	Project string
	// Out is where it is synthesized to.
	Out string
	// Values has the files of the stacks' values.
	Values string
}

// Here returns the directories of the project in the current one, as absolute paths. It returns an error if there is no project here.
func Here() (Directories, error) {
	dir, err := os.Getwd()
	if err != nil {
		return Directories{}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "cdktf.json")); err != nil {
		return Directories{}, fmt.Errorf("there is no cdktf.json in %s: run this from the project's directory", dir)
	}
	values, out := dir, project.Out()
	if demo := os.Getenv(DemoVariable); demo != "" {
		values, out = demo, filepath.Join(demo, "cdktf.out")
	}
	out, err = filepath.Abs(out)
	return Directories{dir, out, values}, err
}

// Synthesize writes the JSON of all stacks. It returns an error that names every problem of the design.
func (s *Stack) Synthesize(ctx context.Context) error {
	s.given = nil // the design may have other variables now
	defer s.waiting("synthesizing")()
	return Synthesize(ctx, s.project, s.out, s.log)
}

// Synthesize writes the JSON of all stacks of a project to the directory out. What the program prints
// goes to log. It returns an error that names every problem of the design.
func Synthesize(ctx context.Context, project, out string, log io.Writer) error {
	command := exec.CommandContext(ctx, "go", "run", ".")
	command.Dir = project
	command.Env = append(os.Environ(), "CDKTF_OUTDIR="+out)
	command.WaitDelay = time.Second // the program itself may outlive the command that runs it
	output, err := command.CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("synth: Go is not on the PATH: install Go 1.25 or newer (https://go.dev/doc/install)")
	case err != nil && ctx.Err() != nil:
		return errors.New("synth was interrupted")
	case err != nil && command.ProcessState == nil:
		return fmt.Errorf("synth: %w", err)
	case err != nil && strings.Contains(string(output), "no space left on device"):
		return fmt.Errorf("synth: no space is left where Go and Node write: make room in %s, or name another directory in TMPDIR, and look at the home directory's disk", os.TempDir())
	}
	if before, _, crashed := strings.Cut(string(output), "\ngoroutine "); crashed { // after it comes what only helps a programmer
		output = []byte(before)
	}
	var problems []error
	for line := range strings.Lines(string(output)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "exit status ") {
			continue
		}
		if err == nil {
			fmt.Fprintln(log, line)
		}
		problems = append(problems, errors.New(line+importing(project, line)))
	}
	if err == nil {
		return nil
	}
	if len(problems) == 0 {
		return fmt.Errorf("synth: %w", err)
	}
	return errors.Join(problems...)
}

// undefined is what the compiler says of a name, such as that of a package that a file does not import.
var undefined = regexp.MustCompile(`^(\S+\.go):\d+:\d+: undefined: (\w+)$`)

// importing says what to import where the compiler does not know a name that a package of the project has.
func importing(project, line string) string {
	found := undefined.FindStringSubmatch(line)
	if found == nil {
		return ""
	}
	packages, _ := filepath.Glob(filepath.Join(project, "*", found[2]))
	mod, err := os.ReadFile(filepath.Join(project, "go.mod"))
	if err != nil || len(packages) != 1 {
		return ""
	}
	module, _, _ := strings.Cut(strings.TrimPrefix(string(mod), "module "), "\n")
	folder, _ := filepath.Rel(project, packages[0])
	return fmt.Sprintf(": it is a package, so add %q to the import at the top of %s", path.Join(module, filepath.ToSlash(folder)), found[1])
}

// Synthesized tells whether the stack's JSON is there.
func (s *Stack) Synthesized() bool { return exists(filepath.Join(s.Dir, design)) }

// Give gives values to variables that are texts, by name, beside those in files and in the environment.
func (s *Stack) Give(variables map[string]string) { s.variables = variables }

// Given returns where each variable has its value from, a file or the environment, by name. It returns an error that
// names each value that no variable takes.
func (s *Stack) Given() (map[string]string, error) {
	if s.given != nil {
		return s.given, nil
	}
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	declared, err := s.Declared()
	if err != nil {
		return nil, err
	}
	if err := tfvars.Check(s.Name, files, os.Environ(), declared); err != nil {
		return nil, err
	}
	s.given, err = tfvars.Given(files, os.Environ())
	return s.given, err
}

// files are the files with values for the stack, in the order in which the engines read them: those beside it come first, which an engine takes
// without being told.
func (s *Stack) files() (files []string, err error) {
	names, err := s.beside()
	for _, name := range names {
		if strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json") {
			files = append(files, filepath.Join(s.Dir, name))
		}
	}
	return append(files, tfvars.Files(s.values, s.Name)...), err
}

// Values returns the values that a plan gives to the stack's variables, as far as they are of the right type. No engine is asked.
func (s *Stack) Values() (map[string]cty.Value, error) {
	stack, err := stackjson.Read(s.Dir)
	if err != nil {
		return nil, err
	}
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	return tfvars.Resolve(stack.Variable, files, os.Environ(), s.variables)
}

// Declared returns the names of the variables of all synthesized stacks, by stack.
func (s *Stack) Declared() (map[string][]string, error) {
	declared := map[string][]string{}
	all, err := os.ReadDir(filepath.Dir(s.Dir))
	if err != nil {
		return nil, fmt.Errorf("%w (make synth writes it)", err)
	}
	for _, entry := range all {
		name := entry.Name()
		stack, err := stackjson.Read(filepath.Join(filepath.Dir(s.Dir), name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		declared[name] = slices.Collect(maps.Keys(stack.Variable))
	}
	return declared, nil
}
