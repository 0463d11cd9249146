package stackdocs

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// optionTypes are the structs that a person fills in, in the order of the page, by directory and name.
var optionTypes = [][2]string{
	{"stacks", "Service"}, {"modules/ecs", "Task"}, {"modules/ecs", "Container"}, {"modules/ecs", "ContainerHealth"}, {"modules/ecs", "Secret"},
	{"modules/ecs", "Permission"}, {"modules/ecs", "Sidecar"}, {"modules/ecs", "FileSystem"}, {"modules/ecs", "LogRouter"}, {"modules/alb", "HTTP"}, {"modules/alb", "Health"}, {"modules/schedule", "Hours"},
	{"modules/schedule", "Window"}, {"modules/schedule", "Capacity"}, {"modules/ecs", "Load"}, {"modules/ecs", "Rollout"}, {"modules/ecs", "Spot"},
	{"modules/securitygroup", "Network"}, {"stacks", "Variables"}, {"stacks", "Job"}, {"modules/job", "Schedule"}, {"stacks", "Environment"}, {"modules/ecs", "Cluster"}, {"modules/alb", "Balancer"},
	{"modules/securitygroup", "Groups"}, {"modules/securitygroup", "Egress"}, {"modules/discovery", "Names"}, {"modules/alarms", "Alarms"}, {"stacks", "Network"}, {"modules/network", "VPC"}, {"modules/network", "Zone"}, {"stacks", "Global"}, {"modules/ecr", "Config"}, {"modules/s3", "Config"}, {"modules/s3", "Cache"},
	{"modules/s3", "Headers"}, {"modules/alarms", "Frontend"},
}

// Options writes the page of all that a service, an environment and the repositories can say, from the doc comments below root.
func Options(root string) (string, error) {
	var page strings.Builder
	page.WriteString(`# Options

What a service, an environment and the repositories can say, in ` + "`design/`" + `. Everything has a default, so a service says only what is different. This page is made from the
comments beside the fields, by ` + "`make docs`" + `; an editor shows the same ones.

`)
	for _, option := range optionTypes {
		section, err := optionsOf(root, option[0], option[1])
		if err != nil {
			return "", err
		}
		page.WriteString(section)
	}
	return page.String(), nil
}

// optionsOf is the section of a struct.
func optionsOf(root, directory, name string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, directory, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			return "", err
		}
		for _, declaration := range syntax.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				if spec := spec.(*ast.TypeSpec); spec.Name.Name == name {
					return section(set, directory, name, group.Doc.Text(), spec.Type.(*ast.StructType)), nil
				}
			}
		}
	}
	return "", fmt.Errorf("%s has no struct %s", directory, name)
}

func section(set *token.FileSet, directory, name, doc string, fields *ast.StructType) string {
	var text strings.Builder
	fmt.Fprintf(&text, "## `%s.%s`\n\n%s\n\n", filepath.Base(directory), name, prose(doc))
	for _, field := range fields.Fields.List {
		var kind bytes.Buffer
		_ = printer.Fprint(&kind, set, field.Type)
		for _, of := range field.Names {
			fmt.Fprintf(&text, "- **`%s`** `%s` %s\n", of.Name, kind.String(), strings.TrimPrefix(prose(field.Doc.Text()), of.Name+" "))
		}
	}
	text.WriteString("\n")
	return text.String()
}

// address is a page that a comment names on a line of its own.
var address = regexp.MustCompile(`(?m)^(https://\S+)$`)

// prose is a comment as Markdown: one line, with links to the pages that it names. What stands between angle brackets, or asterisks, stays as it is.
func prose(comment string) string {
	linked := address.ReplaceAllString(strings.TrimSpace(comment), "([more]($1))")
	return strings.NewReplacer("\n", " ", "<", "&lt;", "*", `\*`).Replace(linked)
}
