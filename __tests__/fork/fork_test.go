// Package fork tries the stacks with the packages of CDK Terrain, the fork of CDKTF, and compares the JSON with the snapshots. `make fork` downloads what
// it needs.
package fork

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// module is a Go module of CDKTF, and what the fork has in its place.
type module struct {
	// path is its path, as files import it.
	path string
	// theirs and version are the fork's Go module. A module without is not the fork's, and stays.
	theirs, version string
	// npm is what the Go module calls in Node, and with what integrity it was published.
	npm [2]pack
	// integrity is that of the fork's package, base64 of SHA-512, as the npm registry has it.
	integrity string
}

// pack is an npm package: the name by which Go calls it, its version, and its file.
type pack struct{ name, version, file string }

// modules are those of the project. The versions of the fork's go together: its bindings say which core they take, and that says which constructs.
var modules = []module{
	{
		"github.com/hashicorp/terraform-cdk-go/cdktf", "github.com/open-constructs/cdk-terrain-go/cdktn", "v0.24.0",
		[2]pack{{"cdktf", "0.21.0", "cdktf-0.21.0.tgz"}, {"cdktn", "0.24.0", "cdktn-0.24.0.tgz"}},
		"Ok7kYlM2BWyXebnQi4Se9JPsjsRZKoVtkyshkVEkhHY/fGWonMvdWvivXmdB6caBGcQ8cwioQOZXKkps+dCnZg==",
	},
	{
		"github.com/cdktf/cdktf-provider-aws-go/aws/v19", "github.com/cdktn-io/cdktn-provider-aws-go/aws/v25", "v25.7.0",
		[2]pack{{"@cdktf/provider-aws", "19.65.1", "cdktf-provider-aws-19.65.1.tgz"}, {"@cdktn/provider-aws", "25.7.0", "cdktn-provider-aws-25.7.0.tgz"}},
		"E/nhu0yVZE4mXMgIPuI8tEFt1BExLkA7ARjihdG+/HmfDfzLr+OEF3dkFRvI6glRt30lrrBWQLwXqCJBxcmyUg==",
	},
	{
		"github.com/aws/constructs-go/constructs/v10", "", "",
		[2]pack{{"constructs", "10.4.2", "constructs-10.4.2.tgz"}, {"constructs", "10.6.0", "constructs-10.6.0.tgz"}},
		"TxHOnBO5zMo/G76ykzGF/wMpEHu257TbWiIxP9K0Yv/+t70UzgBQiTqjkAsWOPC6jW91DzJI0+ehQV6xDRNBuQ==",
	},
}

const (
	root = "../.."
	// folder is where make downloads the npm packages to.
	folder = root + "/.bin/npm"
)

// TestMove makes the move in a copy of the project: other imports, other modules. It is skipped where the Go modules of the fork cannot be had.
func TestMove(t *testing.T) {
	scratch := t.TempDir()
	for _, of := range modules {
		if of.theirs == "" {
			continue
		}
		var answer struct{ Error string }
		text, err := output(t, t.TempDir(), "go", "mod", "download", "-json", of.theirs+"@"+of.version)
		if json.Unmarshal([]byte(text), &answer) != nil || answer.Error != "" {
			t.Skipf("the Go module %s %s cannot be had: %s", of.theirs, of.version, answer.Error)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	listed := run(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for _, path := range strings.Split(strings.Trim(listed, "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			continue // deleted, and not committed yet
		}
		if filepath.Ext(path) == ".go" {
			text = moved(text)
		}
		write(t, text, scratch, path)
	}
	for _, of := range modules {
		if of.theirs != "" {
			run(t, scratch, "go", "mod", "edit", "-droprequire="+of.path, "-require="+of.theirs+"@"+of.version)
		}
	}
	run(t, scratch, "go", "mod", "tidy")
	run(t, scratch, "go", "run", ".")
	compare(t, filepath.Join(scratch, "cdktf.out"))
}

// moved is Go code that imports the fork's modules. The name by which the code calls the core stays.
func moved(text []byte) []byte {
	for _, of := range modules {
		if of.theirs == "" {
			continue
		}
		text = bytes.ReplaceAll(text, []byte(`"`+of.path+`"`), []byte(of.npm[0].name+` "`+of.theirs+`"`))
		text = bytes.ReplaceAll(text, []byte(`"`+of.path+`/`), []byte(`"`+of.theirs+`/`))
	}
	return text
}

// TestInNode has the fork's npm packages write the stacks. They are what runs: the Go modules of the fork call them, as those of CDKTF call CDKTF's.
// So they are put in the place of those in CDKTF's Go modules, which then call them by the fork's names.
func TestInNode(t *testing.T) {
	scratch := t.TempDir()
	text := read(t, root, "go.mod")
	for i, of := range modules {
		to := filepath.Join(scratch, fmt.Sprint(i))
		of.copy(t, to)
		text = fmt.Appendf(text, "\nreplace %s => %s\n", of.path, to)
	}
	write(t, text, scratch, "go.mod")
	write(t, read(t, root, "go.sum"), scratch, "go.sum")
	program := filepath.Join(scratch, "program")
	run(t, root, "go", "build", "-modfile="+filepath.Join(scratch, "go.mod"), "-o", program, ".")
	run(t, scratch, program)
	compare(t, filepath.Join(scratch, "cdktf.out"))
}

// copy writes the packages of a module that the project takes, with the fork's npm package in the place of CDKTF's.
func (m module) copy(t *testing.T, to string) {
	t.Helper()
	theirs := read(t, folder, m.npm[1].file)
	if sum := sha512.Sum512(theirs); base64.StdEncoding.EncodeToString(sum[:]) != m.integrity {
		t.Fatalf("%s is not the package that was published", m.npm[1].file)
	}
	ours := strings.TrimSpace(run(t, root, "go", "list", "-m", "-f", "{{.Dir}}", m.path))
	packages := strings.Fields(run(t, root, "go", "list", "-deps", "-f", `{{with .Module}}{{if eq .Path "`+m.path+`"}}{{$.Dir}}{{end}}{{end}}`, "."))
	names := strings.NewReplacer(
		`"`+m.npm[0].name+`"`, `"`+m.npm[1].name+`"`, `"`+m.npm[0].name+`.`, `"`+m.npm[1].name+`.`,
		`"`+m.npm[0].version+`"`, `"`+m.npm[1].version+`"`, m.npm[0].file, m.npm[1].file,
	)
	for _, directory := range slices.Compact(slices.Sorted(slices.Values(append(packages, ours)))) {
		within, err := filepath.Rel(ours, directory)
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(directory)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !file.IsDir() && file.Name() != m.npm[0].file {
				write(t, []byte(names.Replace(string(read(t, directory, file.Name())))), to, within, file.Name())
			}
		}
	}
	write(t, theirs, to, "jsii", m.npm[1].file)
}

// compare fails the test unless the stacks are those of the snapshots, but for the versions of the core and of the provider.
func compare(t *testing.T, out string) {
	t.Helper()
	written, err := fs.Glob(os.DirFS(out), "stacks/*/cdk.tf.json")
	if err != nil || len(written) != 2 {
		t.Fatalf("there are %q: %v", written, err)
	}
	for _, path := range written {
		stack := filepath.Base(filepath.Dir(path))
		var want, got any
		for text, value := range map[*any][]byte{&want: read(t, "..", "__snapshots__", stack+"_1.snap.json"), &got: read(t, out, path)} {
			if err := json.Unmarshal(value, text); err != nil {
				t.Fatal(err)
			}
		}
		for _, difference := range differences("", want, got) {
			if place, _, _ := strings.Cut(difference, ": "); place == ".//.metadata.version" || place == ".terraform.required_providers.aws.version" {
				t.Logf("%s%s", stack, difference)
			} else {
				t.Errorf("%s%s", stack, difference)
			}
		}
	}
}

// differences are the places at which two values differ, a line each.
func differences(at string, want, got any) (all []string) {
	was, ok := want.(map[string]any)
	is, same := got.(map[string]any)
	if !ok || !same {
		if !reflect.DeepEqual(want, got) {
			all = append(all, fmt.Sprintf("%s: %v in the place of %v", at, got, want))
		}
		return all
	}
	keys := maps.Clone(was)
	maps.Copy(keys, is)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, differences(at+"."+key, was[key], is[key])...)
	}
	return all
}

// output runs a program in a directory, and returns what it writes to standard output.
func output(t *testing.T, directory, name string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = directory
	var problems bytes.Buffer
	command.Stderr = &problems
	text, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, &problems)
	}
	return string(text), err
}

// run is output, of a program that has to work.
func run(t *testing.T, directory, name string, arguments ...string) string {
	t.Helper()
	text, err := output(t, directory, name, arguments...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, text []byte, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever differs is told.
func TestDifferencesAreTold(t *testing.T) {
	var want, got any
	for text, value := range map[string]*any{`{"a": 1, "b": {"c": [1], "d": 2}, "same": {"x": []}}`: &want, `{"b": {"c": [2], "e": 3}, "same": {"x": []}}`: &got} {
		if err := json.Unmarshal([]byte(text), value); err != nil {
			t.Fatal(err)
		}
	}
	told := strings.Join(differences("", want, got), "\n")
	if told != ".a: <nil> in the place of 1\n.b.c: [2] in the place of [1]\n.b.d: <nil> in the place of 2\n.b.e: 3 in the place of <nil>" {
		t.Error(told)
	}
}

// What the code imports is the fork's, by the name that the code knows.
func TestImportsAreMoved(t *testing.T) {
	text := "import (\n\t\"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lb\"\n\t\"github.com/hashicorp/terraform-cdk-go/cdktf\"\n)"
	want := "import (\n\t\"github.com/cdktn-io/cdktn-provider-aws-go/aws/v25/lb\"\n\tcdktf \"github.com/open-constructs/cdk-terrain-go/cdktn\"\n)"
	if got := string(moved([]byte(text))); got != want {
		t.Errorf("%s", got)
	}
}
