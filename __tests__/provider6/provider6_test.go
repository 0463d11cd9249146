// Package provider6 compares what the stacks take of the AWS provider with provider 6. It needs bindings of that, which `make provider-6` downloads,
// and no engine.
package provider6

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/laterstate"
	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	networks "github.com/order-bot/infra/modules/network"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
)

// bindings are the npm packages of two providers 6: the last of HashiCorp's, and one of the fork's.
var bindings = []struct{ provider, file, integrity string }{
	{"6.25.0", "cdktf-provider-aws-21.22.1.tgz", "BuSHeaQFUL9l33pBzIMRT7cTQ69AM2mLtijjteCPhVQRmvuhuj9Lvfymf7knAMhYqAT6+Lrls9jiGVW/Us3zrQ=="},
	{"6.66.0", "cdktn-provider-aws-25.7.0.tgz", "E/nhu0yVZE4mXMgIPuI8tEFt1BExLkA7ARjihdG+/HmfDfzLr+OEF3dkFRvI6glRt30lrrBWQLwXqCJBxcmyUg=="},
}

// deprecated is what stacks take that provider 6 still has and will lose, and what is to be done.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade, and the notes of 6.0.0 in
// https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md
var deprecated = map[string]string{
	"data.aws_region.name": "read region in its place, which provider 5 does not have: a plan warns until then",
	"aws_service_discovery_service.health_check_custom_config.failure_threshold": "leave it: AWS takes it for 1 always, and a change of it replaces the service",
}

// TestProvider6 fails unless provider 6 has each argument that a stack sets and each attribute that one reads, as the same kind of value. It names
// what is deprecated.
func TestProvider6(t *testing.T) {
	ours, theirs := ourSchemas(t), make([]map[string]schema, len(bindings))
	for i := range bindings {
		theirs[i] = theirSchemas(t, i)
	}
	used := map[string]bool{}
	for path, text := range synthesized(t) {
		parsed, err := stackjson.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, of := range bindings {
			problems, all := compare(parsed, ours, theirs[i])
			for _, problem := range problems {
				t.Errorf("%s, %s: %s", path, of.provider, problem)
			}
			maps.Copy(used, all)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(deprecated)) {
		if !used[path] {
			t.Errorf("no stack has %s any more: take it out of the list", path)
		}
		t.Logf("deprecated in provider 6: %s (%s)", path, deprecated[path])
	}
	t.Logf("%d arguments and attributes of %d types were compared", len(used), len(typesOf(used)))
	if len(used) < 200 {
		t.Errorf("only %d were compared", len(used))
	}
}

// What provider 6 lacks, or has as something else, is told.
func TestDifferencesAreTold(t *testing.T) {
	ours, theirs := ourSchemas(t), theirSchemas(t, 0)
	for _, lost := range []func(){
		func() { delete(theirs["aws_lb"].arguments, "internal") },
		func() { delete(theirs["aws_lb"].attributes, "dns_name") },
		func() { theirs["aws_lb"].attributes["arn"] = "a list" },
		func() {
			blocks := theirs["aws_lb"].blocks
			delete(blocks[theirs["aws_lb"].arguments["access_logs"].block], "bucket")
		},
		func() { theirs["aws_lb"].arguments["name"] = argument{kind: "a number"} },
		func() { delete(theirs, "aws_ecs_cluster") },
	} {
		lost()
	}
	stack, err := stackjson.Parse([]byte(`{
		"resource": {
			"aws_lb": {"a": {"name": "a", "internal": true, "other": 1, "access_logs": {"bucket": "b", "//": {}}, "lifecycle": {"ignore_changes": ["x"]}}},
			"aws_ecs_cluster": {"b": {"name": "${aws_lb.a.dns_name}${aws_lb.a.arn}${aws_lb.a.zone_id}"}}},
		"output": {"c": {"value": "${aws_lb.a.nothing}"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	problems, _ := compare(stack, ours, theirs)
	want := []string{
		"provider 5 does not have aws_lb.other",
		"provider 5 does not have aws_lb.nothing",
		"provider 6 does not have aws_ecs_cluster",
		"provider 6 does not have aws_lb.access_logs.bucket",
		"provider 6 does not have aws_lb.dns_name",
		"provider 6 does not have aws_lb.internal",
		"provider 6 has aws_lb.arn as a list, and not as return this.getStringAttribute('arn')",
		"provider 6 has aws_lb.name as a number, and not as simple string",
	}
	slices.Sort(want)
	slices.Sort(problems)
	if !slices.Equal(problems, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(problems, "\n"), strings.Join(want, "\n"))
	}
}

// TestLeastMove has HashiCorp's last bindings write all stacks: the JSON is the same but for the version of the provider. These bindings are not
// there for Go on each machine, but what runs is their npm package, in Node: it is put in the place of the one in the Go bindings of this project,
// which only call it.
func TestLeastMove(t *testing.T) {
	theirSchemas(t, 0) // that it is there, and the one that was published
	ours := moduleOfBindings(t)
	scratch := t.TempDir()
	module := filepath.Join(scratch, "bindings")
	packages, err := exec.Command("go", "list", "-test", "-deps", "-f", "{{with .Module}}{{if eq .Path \""+bindingsOfGo+"\"}}{{$.Dir}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, directory := range append(strings.Fields(string(packages)), ours) {
		relative, err := filepath.Rel(ours, directory)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(module, relative), 0o755); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(directory)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if file.IsDir() || strings.HasSuffix(file.Name(), ".tgz") {
				continue
			}
			text := read(t, directory, file.Name())
			if relative == "jsii" {
				text = []byte(strings.ReplaceAll(string(text), "19.65.1", "21.22.1"))
			}
			write(t, text, module, relative, file.Name())
		}
	}
	write(t, read(t, folder, bindings[0].file), module, "jsii", bindings[0].file)
	write(t, append(read(t, "../../go.mod"), "\nreplace "+bindingsOfGo+" => "+module+"\n"...), scratch, "go.mod")
	write(t, read(t, "../../go.sum"), scratch, "go.sum")

	program := filepath.Join(scratch, "program")
	if text, err := exec.Command("go", "test", "-c", "-modfile="+filepath.Join(scratch, "go.mod"), "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out := filepath.Join(scratch, "out")
	command := exec.Command(program)
	command.Env = append(os.Environ(), outVariable+"="+out)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	const ourVersion, theirVersion = `"version": "5.99.1"`, `"version": "6.25.0"`
	for path, want := range synthesized(t) {
		got := string(read(t, out, path))
		if !strings.Contains(got, theirVersion) || strings.ReplaceAll(got, theirVersion, ourVersion) != string(want) {
			t.Errorf("with provider 6, %s is:\n%s", path, got)
		}
	}
}

const (
	bindingsOfGo = "github.com/cdktf/cdktf-provider-aws-go/aws/v19"
	// folder is where make downloads to.
	folder = "../../.bin/npm"
	// outVariable names the directory to which this program synthesizes all designs, instead of testing anything.
	outVariable = "PROVIDER_6_OUT"
)

// designs are the live one, and all options.
func designs() map[string]stacks.Design {
	network := design.Live
	network.Network = &stacks.Network{VPC: networks.VPC{WayOut: networks.Endpoints}}
	network.Environments = slices.Clone(network.Environments)
	prod := &network.Environments[0]
	prod.Alarms = alarms.Alarms{Readers: []string{"team"}}
	prod.Cluster.StoppedTaskDays, prod.Cluster.ManagedTags = 14, true
	prod.Balancer = alb.Balancer{IdleSeconds: 120, DeletionProtection: true, LogBucket: "order-bot-logs", LogPrefix: "prod"}
	prod.Services = slices.Clone(prod.Services)
	for i := range prod.Services {
		prod.Services[i].Rollout = ecs.Rollout{RollbackOnAlarm: true, ZoneRebalancing: true}
		prod.Services[i].Task.Exec = true
	}
	perZone := design.Live
	perZone.Network = &stacks.Network{VPC: networks.VPC{WayOut: networks.NATPerZone}}
	perZone.Global.Frontend = s3.Config{ManyPages: true, RedirectDomain: true, IPv6: true, LogBucket: "order-bot-logs", LogPrefix: "frontend"}
	perZone.Global.Alarms = &alarms.Frontend{Readers: []string{"team"}}
	return map[string]stacks.Design{"network": network, "per-zone": perZone, "live": design.Live, "others": realservices.Design, "changed": realservices.Changed(), "later": laterstate.Design}
}

// synthesize writes all designs below the directory out.
func synthesize(out string) error {
	settings, err := os.ReadFile("../../cdktf.json")
	for name, design := range designs() {
		if err == nil {
			err = stacks.Synth(settings, design, filepath.Join(out, name))
		}
	}
	return err
}

// here is where TestMain has synthesized all designs.
var here string

// synthesized returns the JSON of all stacks of all designs, by path.
func synthesized(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for name, design := range designs() {
		for _, stack := range design.Names() {
			path := filepath.Join(name, "stacks", stack, "cdk.tf.json")
			all[path] = read(t, here, path)
		}
	}
	return all
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	defer fastjsii.Start()()
	out, only := os.LookupEnv(outVariable)
	if !only {
		var err error
		if out, err = os.MkdirTemp("", "provider-6-"); err != nil {
			fmt.Println(err)
			return 1
		}
		defer func() { _ = os.RemoveAll(out) }()
	}
	if err := synthesize(out); err != nil {
		fmt.Println(err)
		return 1
	}
	if here = out; only {
		return 0
	}
	return m.Run()
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
	if err := os.WriteFile(filepath.Join(path...), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// schema is what the bindings know of a type.
type schema struct {
	arguments map[string]argument
	// blocks are the arguments of its blocks, by the name that the bindings give to a block.
	blocks map[string]map[string]argument
	// attributes are what can be read: how the bindings read it, by name.
	attributes map[string]string
}

// argument is an argument or a block.
type argument struct {
	// kind is what the value is, such as "simple string" or "list".
	kind string
	// block is the name of the block, if it is one.
	block string
}

// compare returns what provider 6 lacks of what a stack takes of provider 5, or has as something else. It returns all that the stack takes as
// well, by path.
func compare(stack *stackjson.Stack, ours, theirs map[string]schema) (problems []string, used map[string]bool) {
	used = map[string]bool{}
	missing := func(kind string) bool {
		for provider, all := range []map[string]schema{ours, theirs} {
			if _, ok := all[kind]; !ok {
				problems = append(problems, fmt.Sprintf("provider %d does not have %s", 5+provider, kind))
				return true
			}
		}
		return false
	}
	one := func(path string, inFive, inSix bool, five, six string) bool {
		switch {
		case used[path]:
			return true
		case !inFive:
			problems = append(problems, "provider 5 does not have "+path)
		case !inSix:
			problems = append(problems, "provider 6 does not have "+path)
		case five != six:
			problems = append(problems, fmt.Sprintf("provider 6 has %s as %s, and not as %s", path, six, five))
		default:
			used[path] = true
			return true
		}
		return false
	}
	var arguments func(path string, fields map[string]any, five, six map[string]argument, fiveBlocks, sixBlocks map[string]map[string]argument)
	arguments = func(path string, fields map[string]any, five, six map[string]argument, fiveBlocks, sixBlocks map[string]map[string]argument) {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			old, inFive := five[name]
			current, inSix := six[name]
			if name == "//" || fields[name] == nil && !inFive {
				continue
			}
			if !one(path+"."+name, inFive, inSix, old.kind, current.kind) || old.block == "" {
				continue
			}
			list, ok := fields[name].([]any)
			if !ok {
				list = []any{fields[name]}
			}
			for _, each := range list {
				if inner, ok := each.(map[string]any); ok {
					arguments(path+"."+name, inner, fiveBlocks[old.block], sixBlocks[current.block], fiveBlocks, sixBlocks)
				}
			}
		}
	}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		kind := address[:strings.LastIndex(address, ".")]
		if missing(kind) {
			continue
		}
		fields := maps.Clone(stack.At(address))
		for _, own := range []string{"count", "depends_on", "for_each", "lifecycle", "provider"} { // Terraform's own
			delete(fields, own)
		}
		arguments(kind, fields, ours[kind].arguments, theirs[kind].arguments, ours[kind].blocks, theirs[kind].blocks)
	}
	for _, fields := range stack.Provider["aws"] {
		arguments("provider", fields, ours["provider"].arguments, theirs["provider"].arguments, ours["provider"].blocks, theirs["provider"].blocks)
	}
	read := func(kind, name string) {
		five, inFive := ours[kind].attributes[name]
		six, inSix := theirs[kind].attributes[name]
		_, known := theirs[kind]
		if known {
			one(kind+"."+name, inFive, inSix, five, six)
		}
	}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		texts(stack.At(address), func(text string) {
			for _, match := range self.FindAllStringSubmatch(text, -1) {
				read(address[:strings.LastIndex(address, ".")], match[1])
			}
		})
	}
	whole := map[string]any{}
	for name, fields := range stack.Output {
		whole["output."+name] = fields
	}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		whole[address] = stack.At(address)
	}
	texts(whole, func(text string) {
		for _, match := range reading.FindAllStringSubmatch(text, -1) {
			if stack.At(match[1]) != nil {
				read(match[1][:strings.LastIndex(match[1], ".")], match[2])
			}
		}
	})
	slices.Sort(problems)
	return slices.Compact(problems), used
}

var (
	reading = regexp.MustCompile(`\b((?:data\.)?aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\.([a-z_0-9]+)`)
	self    = regexp.MustCompile(`\bself\.([a-z_0-9]+)`)
)

// texts calls visit with all texts in value.
func texts(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case []any:
		for _, each := range value {
			texts(each, visit)
		}
	case map[string]any:
		for _, each := range value {
			texts(each, visit)
		}
	}
}

func typesOf(used map[string]bool) map[string]bool {
	all := map[string]bool{}
	for path := range used {
		rest, ok := strings.CutPrefix(path, "data.")
		kind, _, _ := strings.Cut(rest, ".")
		all[map[bool]string{true: "data."}[ok]+kind] = true
	}
	return all
}

// moduleOfBindings is the directory of the Go bindings of this project.
func moduleOfBindings(t *testing.T) string {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", bindingsOfGo).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(module))
}

// ourSchemas returns what the bindings of this project know.
func ourSchemas(t *testing.T) map[string]schema {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(moduleOfBindings(t), "jsii", "*.tgz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the bindings have %q: %v", found, err)
	}
	all, err := schemasIn(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// theirSchemas returns what bindings of provider 6 know.
func theirSchemas(t *testing.T, i int) map[string]schema {
	t.Helper()
	file := filepath.Join(folder, bindings[i].file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make provider-6 downloads it)", err)
	}
	if sum := sha512.Sum512(text); base64.StdEncoding.EncodeToString(sum[:]) != bindings[i].integrity {
		t.Fatalf("%s is not what was published: delete it", file)
	}
	all, err := schemasIn(file)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var library = regexp.MustCompile(`^package/lib/([a-z0-9-]+)/index\.js$`)

// schemasIn reads the types that stacks can have from an npm package of bindings.
func schemasIn(file string) (map[string]schema, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	unpacked, err := gzip.NewReader(opened)
	if err != nil {
		return nil, err
	}
	all := map[string]schema{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		match := library.FindStringSubmatch(header.Name)
		if match == nil {
			continue
		}
		kind := strings.ReplaceAll(match[1], "-", "_")
		switch rest, ok := strings.CutPrefix(kind, "data_aws_"); {
		case ok:
			kind = "data.aws_" + rest
		case kind != "provider":
			kind = "aws_" + kind
		}
		if kind != "provider" && kinds.Of(kind).Title == "" {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		all[kind] = schemaOf(string(text))
	}
}

// The lines of a source that say something.
var (
	block    = regexp.MustCompile(`^function (\w+)ToHclTerraform\(struct\) \{|^    synthesizeHclAttributes\(\) \{`)
	opening  = regexp.MustCompile(`^ +(\w+): \{$`)
	value    = regexp.MustCompile(`^ +value: (?:.*[( ])?(\w+)ToHclTerraform`)
	property = regexp.MustCompile(`^ +(type|storageClassType): "(\w+)",`)
	class    = regexp.MustCompile(`^class \w+ extends cdkt[fn]\.Terraform(?:Resource|DataSource|Provider) `)
	getter   = regexp.MustCompile(`^    get (\w+)\(\) \{`)
	upper    = regexp.MustCompile(`[A-Z]`)
)

// schemaOf reads the source of a type.
func schemaOf(text string) schema {
	found := schema{arguments: map[string]argument{}, blocks: map[string]map[string]argument{}, attributes: map[string]string{}}
	into := found.arguments
	var name string
	var current argument
	main := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "class ") {
			main = class.MatchString(line)
		}
		switch {
		case strings.HasPrefix(name, "get "): // the line after this one
			name = strings.TrimPrefix(name, "get ")
			found.attributes[upper.ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })] = strings.Trim(line, " ;")
			name = ""
		case main && getter.MatchString(line):
			name = "get " + getter.FindStringSubmatch(line)[1]
		case block.MatchString(line):
			into = found.arguments
			if of := block.FindStringSubmatch(line)[1]; of != "" {
				into = map[string]argument{}
				found.blocks[of] = into
			}
		case opening.MatchString(line):
			name, current = opening.FindStringSubmatch(line)[1], argument{}
		case value.MatchString(line):
			current.block = value.FindStringSubmatch(line)[1]
		case property.MatchString(line):
			match := property.FindStringSubmatch(line)
			switch {
			case match[1] == "type":
				current.kind = match[2]
			case match[1] == "storageClassType" && current.block == "":
				current.kind += " " + match[2]
			}
			if match[1] == "storageClassType" {
				into[name] = current
			}
		}
	}
	return found
}
