package stackdocs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// stacksDirectory is where the stacks are composed, from modules in modules/.
const stacksDirectory = "stacks"

// index says where in the source a resource is made.
type index struct {
	// modules are the directories of modules by the name that a stack gives to the instance.
	modules map[string]string
	// makers are the calls by directory and bindings package, as "modules/ecs" and "ecsservice".
	makers map[[2]string][]maker
}

// maker is a call that makes a resource.
type maker struct {
	file string
	id   string // of the construct; "" if the source does not say it literally
}

// sources reads the Go files of stacks and modules below root.
func sources(root string) (index, error) {
	found := index{modules: map[string]string{"": stacksDirectory}, makers: map[[2]string][]maker{}}
	var paths []string
	for _, pattern := range []string{stacksDirectory + "/*.go", "modules/*/*.go"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return found, err
		}
		paths = append(paths, matches...)
	}
	for _, file := range paths {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return found, err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return found, err
		}
		if !strings.HasSuffix(file, "_test.go") {
			found.add(filepath.ToSlash(relative), syntax)
		}
	}
	return found, nil
}

// add notes the calls of a file that make something: New… of a bindings package, and
// New of a module with the name of the instance.
func (x index) add(file string, syntax *ast.File) {
	imports := map[string]string{}
	for _, spec := range syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = imported
	}
	ast.Inspect(syntax, func(node ast.Node) bool {
		call, isCall := node.(*ast.CallExpr)
		if !isCall {
			return true
		}
		function, isSelector := call.Fun.(*ast.SelectorExpr)
		if !isSelector || !strings.HasPrefix(function.Sel.Name, "New") {
			return true
		}
		receiver, _ := function.X.(*ast.Ident)
		if receiver == nil {
			return true
		}
		imported := imports[receiver.Name]
		switch {
		case strings.Contains(imported, "/cdktf-provider-aws-go/"):
			key := [2]string{path.Dir(file), path.Base(imported)}
			x.makers[key] = append(x.makers[key], maker{file, id(call)})
		case strings.HasSuffix(imported, "/internal/dns"): // which makes an alias for its caller
			key := [2]string{path.Dir(file), "route53record"}
			x.makers[key] = append(x.makers[key], maker{file, id(call)})
		case strings.Contains(imported, "/modules/"):
			if name := id(call); name != "" {
				x.modules[name] = "modules/" + path.Base(imported)
			}
		}
		return true
	})
}

// id returns the second argument of a call, if it is "id" or jsii.String("id").
func id(call *ast.CallExpr) string {
	if len(call.Args) < 2 {
		return ""
	}
	argument := call.Args[1]
	if inner, is := argument.(*ast.CallExpr); is && len(inner.Args) == 1 {
		argument = inner.Args[0]
	}
	literal, is := argument.(*ast.BasicLit)
	if !is {
		return ""
	}
	text, _ := strconv.Unquote(literal.Value)
	return text
}

// directory returns the directory of a module's instance.
func (x index) directory(module string) string { return x.modules[module] }

// of returns the file that makes the resource at address in a module.
func (x index) of(module, address string) (string, error) {
	directory, known := x.modules[module]
	if !known {
		return "", fmt.Errorf("no file in %s makes the module %q (known: %q)", stacksDirectory, module, slices.Sorted(maps.Keys(x.modules)))
	}
	// The bindings of aws_ecs_service are in ecsservice, those of data.aws_region in dataawsregion.
	kind := address[:strings.LastIndex(address, ".")]
	bindings := strings.NewReplacer("_", "", ".", "").Replace(strings.TrimPrefix(kind, "aws_"))
	var files []string
	for _, m := range x.makers[[2]string{directory, bindings}] {
		if (m.id == "" || strings.HasSuffix(address, m.id)) && !slices.Contains(files, m.file) {
			files = append(files, m.file)
		}
	}
	if len(files) != 1 {
		return "", fmt.Errorf("%s: made by %q in %s; that should be one file", address, files, directory)
	}
	return files[0], nil
}
