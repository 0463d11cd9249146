package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/stackjson"
)

// packageJSON pins what the TypeScript program needs: the versions of go.mod.
const packageJSON = `{
  "private": true,
  "dependencies": {
    "@cdktf/provider-aws": "19.65.1",
    "cdktf": "0.21.0",
    "constructs": "10.4.2"
  },
  "devDependencies": {
    "@types/node": "20.19.25",
    "ts-node": "10.9.2",
    "typescript": "5.9.3"
  }
}
`

const tsconfig = `{"compilerOptions": {"target": "es2022", "module": "commonjs", "strict": true, "skipLibCheck": true, "esModuleInterop": true}}
`

// setUpTypeScript installs TypeScript and writes main.js, a program that makes the same as the app, and one
// for each of the sizes.
func setUpTypeScript(work, app string) error {
	for name, text := range map[string]string{"package.json": packageJSON, "tsconfig.json": tsconfig} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	// The provider package names an older cdktf than the one that it is used with, here and in Go.
	if _, err := os.Stat(filepath.Join(work, "node_modules", "cdktf")); err != nil {
		if _, err := output(work, nil, "npm", "install", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
			return err
		}
	}
	type program struct {
		name, out string // what it makes is in out, by Go
		line      []string
	}
	programs := []program{{"main", filepath.Join(work, "cdktf.out"), []string{app}}}
	for _, size := range sizes {
		line, out := growth(work, size)
		programs = append(programs, program{growthName(size), out, line})
	}
	for _, p := range programs {
		if err := os.MkdirAll(p.out, 0o755); err != nil {
			return err
		}
		if _, err := output(work, nil, p.line[0], p.line[1:]...); err != nil {
			return err
		}
		if err := writeTypeScript(work, p.name, p.out); err != nil {
			return err
		}
	}
	// ts-node checks the types of the one program that it is measured with.
	if _, err := output(work, nil, filepath.Join("node_modules", ".bin", "tsc"), "--noCheck"); err != nil {
		return err
	}
	for _, p := range programs {
		if err := sameResources(work, p.name, p.out); err != nil {
			return err
		}
	}
	return nil
}

// writeTypeScript writes a program that makes the stacks in the directory out from the same classes, as
// TypeScript's users import them.
func writeTypeScript(work, name, out string) error {
	names, err := stackNames(out)
	if err != nil {
		return err
	}
	var program strings.Builder
	imports := map[string]string{}
	for _, stackName := range names {
		stack, err := stackjson.Read(filepath.Join(out, "stacks", stackName))
		if err != nil {
			return err
		}
		translate(&program, imports, stackName, stack)
	}
	var source strings.Builder
	source.WriteString("import { App, S3Backend, TerraformElement, TerraformOutput, TerraformStack, TerraformVariable } from \"cdktf\";\n")
	for _, class := range slices.Sorted(maps.Keys(imports)) {
		fmt.Fprintf(&source, "import { %s } from \"@cdktf/provider-aws/lib/%s\";\n", class, imports[class])
	}
	source.WriteString(`
class Stack extends TerraformStack {
  protected allocateLogicalId(element: TerraformElement): string {
    return element.node.id;
  }
}
const app = new App({ outdir: "` + typeScriptOut(name) + `" });
`)
	source.WriteString(program.String())
	source.WriteString("app.synth();\n")
	if err := os.MkdirAll(filepath.Join(work, typeScriptOut(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(work, name+".ts"), []byte(source.String()), 0o600)
}

func typeScriptOut(name string) string { return name + ".typescript.out" }

// stackNames are the names of the stacks that are synthesized to the directory out.
func stackNames(out string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(out, "stacks"))
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

// sameResources fails if the program in TypeScript does not make what is in the directory out.
func sameResources(work, name, out string) error {
	if _, err := output(work, nil, "node", name+".js"); err != nil {
		return err
	}
	names, err := stackNames(out)
	if err != nil {
		return err
	}
	for _, stackName := range names {
		var found [2][]string
		for i, dir := range []string{out, filepath.Join(work, typeScriptOut(name))} {
			stack, err := stackjson.Read(filepath.Join(dir, "stacks", stackName))
			if err != nil {
				return err
			}
			for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
				found[i] = append(found[i], fmt.Sprint(address, stack.References(address)))
			}
		}
		if !slices.Equal(found[0], found[1]) {
			return fmt.Errorf("%s.ts makes other resources in %s:\n%q\n%q", name, stackName, found[1], found[0])
		}
	}
	return nil
}

// translate writes a stack as TypeScript.
func translate(w *strings.Builder, imports map[string]string, name string, stack *stackjson.Stack) {
	fmt.Fprintf(w, "{\n  const stack = new Stack(app, %q);\n", name)
	fmt.Fprintf(w, "  new S3Backend(stack, { bucket: \"b\", key: \"k\", region: \"r\", encrypt: true });\n")
	for _, id := range slices.Sorted(maps.Keys(stack.Variable)) {
		fmt.Fprintf(w, "  new TerraformVariable(stack, %q, %s as any);\n", id, literal(stack.Variable[id], true))
	}
	imports["AwsProvider"] = "provider"
	fmt.Fprintf(w, "  new AwsProvider(stack, \"aws\", %s as any);\n", literal(stack.Provider["aws"][0], true))
	for _, address := range slices.Concat(stack.DataSources(), stack.Managed()) {
		kind, id, _ := strings.Cut(strings.TrimPrefix(address, "data."), ".")
		path := strings.ReplaceAll(strings.TrimPrefix(kind, "aws_"), "_", "-")
		if strings.HasPrefix(address, "data.") {
			path = "data-aws-" + path
		}
		class := ""
		for _, word := range strings.Split(path, "-") {
			class += strings.ToUpper(word[:1]) + word[1:]
		}
		imports[class] = path
		properties := maps.Clone(stack.At(address))
		dependsOn := properties["depends_on"]
		delete(properties, "depends_on")
		delete(properties, "//")
		// The class has an id of its own: two of a stack may not share one.
		fmt.Fprintf(w, "  {\n    const it = new %s(stack, %q, %s as any);\n    it.overrideLogicalId(%q);\n", class, address, literal(properties, true), id)
		if dependsOn != nil {
			fmt.Fprintf(w, "    it.addOverride(\"depends_on\", %s);\n", literal(dependsOn, false))
		}
		w.WriteString("  }\n")
	}
	for _, id := range slices.Sorted(maps.Keys(stack.Output)) {
		fmt.Fprintf(w, "  new TerraformOutput(stack, %q, %s as any).overrideLogicalId(%q);\n", "output_"+id, literal(stack.Output[id], false), id)
	}
	w.WriteString("}\n")
}

// literal writes a value as TypeScript, with names as the bindings have them: tags are no names.
func literal(value any, names bool) string {
	switch value := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			name := key
			if names {
				name = camelCase(key)
			}
			parts = append(parts, fmt.Sprintf("%q: %s", name, literal(value[key], names && key != "tags")))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		var parts []string
		for _, element := range value {
			parts = append(parts, literal(element, names))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case nil:
		return "undefined"
	default:
		text, _ := json.Marshal(value) // a string, a number or a boolean
		return string(text)
	}
}

func camelCase(name string) string {
	if name == "self" {
		return "selfAttribute"
	}
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}
