package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// Options writes the page of all that a design can say, from the comments below root: each struct, and then those that its fields are of.
func Options(root string) (string, error) {
	var page strings.Builder
	page.WriteString(`# Options

What a service, an environment and the repositories can say, in ` + "`design/`" + `. Everything has a default, so a service says only what is different. This page is made from the
comments beside the fields, by ` + "`make docs`" + `; an editor shows the same ones.

`)
	written := map[[2]string]bool{}
	for todo := [][2]string{{"stacks", "Service"}, {"stacks", "Environment"}, {"stacks", "Design"}}; len(todo) > 0; {
		of := todo[0]
		todo = todo[1:]
		if written[of] {
			continue
		}
		written[of] = true
		section, types, err := sectionOf(root, of[0], of[1])
		if err != nil {
			return "", err
		}
		page.WriteString(section)
		todo = append(types, todo...)
	}
	return page.String(), nil
}

// sectionOf is the section of a struct, and the types of its fields, by directory and name. Of another type, such as a map, there are only the types.
func sectionOf(root, directory, name string) (text string, types [][2]string, err error) {
	files, err := filepath.Glob(filepath.Join(root, directory, "*.go"))
	if err != nil {
		return "", nil, err
	}
	for _, file := range files {
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			return "", nil, err
		}
		expression := func(of ast.Expr) string {
			var text strings.Builder
			_ = printer.Fprint(&text, set, of)
			for _, used := range typeName.FindAllStringSubmatch(text.String(), -1) {
				within := directory
				if used[1] != "" {
					within = "modules/" + used[1]
				}
				types = append(types, [2]string{within, used[2]})
			}
			return text.String()
		}
		for _, declaration := range syntax.Decls {
			group, _ := declaration.(*ast.GenDecl)
			if group == nil || group.Tok != token.TYPE || group.Specs[0].(*ast.TypeSpec).Name.Name != name {
				continue
			}
			kind := group.Specs[0].(*ast.TypeSpec).Type
			fields, isStruct := kind.(*ast.StructType)
			if !isStruct {
				expression(kind)
				return "", types, nil
			}
			text = fmt.Sprintf("## `%s.%s`\n\n%s\n\n", filepath.Base(directory), name, prose(group.Doc.Text()))
			for _, field := range fields.Fields.List {
				for _, of := range field.Names {
					text += fmt.Sprintf("- **`%s`** `%s` %s\n", of.Name, expression(field.Type), strings.TrimPrefix(prose(field.Doc.Text()), of.Name+" "))
				}
			}
			return text + "\n", types, nil
		}
	}
	return "", nil, nil
}

// typeName is the name of an exported type, with its package's where it is of another one.
var typeName = regexp.MustCompile(`(?:\b(\w+)\.)?\b([A-Z]\w*)`)

// address is a page that a comment names on a line of its own.
var address = regexp.MustCompile(`(?m)^(https://\S+)$`)

// prose is a comment as Markdown: one line, with links to the pages that it names. What stands between angle brackets, or asterisks, stays as it is.
func prose(comment string) string {
	linked := address.ReplaceAllString(strings.TrimSpace(comment), "([more]($1))")
	return strings.NewReplacer("\n", " ", "<", "&lt;", "*", `\*`).Replace(linked)
}
