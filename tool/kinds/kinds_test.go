package kinds_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/tool/kinds"
)

// types are the resource types of the recorded stacks, and their data sources.
func types(t *testing.T) (resources, data []string) {
	t.Helper()
	files, err := filepath.Glob("../../__tests__/__snapshots__/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("the stacks are in %q (%v)", files, err)
	}
	add := func(all []string, kind string) []string {
		if slices.Contains(all, kind) {
			return all
		}
		return append(all, kind)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stack, err := stackjson.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for kind := range stack.Resource {
			resources = add(resources, kind)
		}
		for kind := range stack.Data {
			data = add(data, "data."+kind)
		}
	}
	return resources, data
}

// Of each type that a stack has, each field is given, or said to be none. Of a data source it is enough how it is shown.
func TestEachFieldIsSaid(t *testing.T) {
	resources, data := types(t)
	for _, name := range resources {
		kind := reflect.ValueOf(kinds.Of(name))
		none := strings.Fields(kinds.Of(name).None)
		for _, field := range reflect.VisibleFields(kind.Type()) {
			if field.Name == "None" {
				continue
			}
			switch missing, said := kind.FieldByIndex(field.Index).IsZero(), slices.Contains(none, field.Name); {
			case missing && !said:
				t.Errorf("tool/kinds does not say %s of %s: give it, or name it in None", field.Name, name)
			case !missing && said:
				t.Errorf("tool/kinds says %s of %s, and names it in None", field.Name, name)
			}
		}
		for _, field := range none {
			if _, is := kind.Type().FieldByName(field); !is {
				t.Errorf("None of %s names %s, which is no field of a kind", name, field)
			}
		}
	}
	for _, name := range data {
		if kinds.Of(name).Title == "" {
			t.Errorf("tool/kinds has no Title of %s", name)
		}
	}
}

// A type stands once, and by its whole name.
func TestEachTypeOnce(t *testing.T) {
	var before string
	for _, kind := range kinds.All() {
		if kind.Type == before || !strings.HasPrefix(strings.TrimPrefix(kind.Type, "data."), "aws_") {
			t.Errorf("the type %q stands twice, or is none of the AWS provider", kind.Type)
		}
		before = kind.Type
	}
}
