package kinds_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/kinds"
)

// binding is an import of what makes a type, such as ".../aws/v19/lblistener".
var binding = regexp.MustCompile(`cdktf-provider-aws-go/aws/v\d+/([a-z0-9]+)"`)

// types are those that the modules make.
func types(t *testing.T) (resources, data []kinds.Kind) {
	t.Helper()
	byBinding := map[string]kinds.Kind{}
	for _, kind := range kinds.All() {
		byBinding[strings.NewReplacer(".aws_", "aws", "aws_", "", "_", "").Replace(kind.Type)] = kind
	}
	seen := map[string]bool{"provider": true}
	for _, directory := range []string{"../../modules", "../../stacks", "../../internal/dns"} {
		err := filepath.WalkDir(directory, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range binding.FindAllSubmatch(text, -1) {
				name := string(match[1])
				if seen[name] {
					continue
				}
				seen[name] = true
				switch kind, known := byBinding[name]; {
				case !known:
					t.Errorf("%s makes %s, of which tool/kinds knows nothing", path, name)
				case strings.HasPrefix(kind.Type, "data."):
					data = append(data, kind)
				default:
					resources = append(resources, kind)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(resources) < 20 {
		t.Fatalf("the modules make only %d types", len(resources))
	}
	return resources, data
}

// Of each type that a stack has, each field is given, or said to be none. Of a data source it is enough how it is shown.
func TestEachFieldIsSaid(t *testing.T) {
	resources, data := types(t)
	for _, one := range resources {
		kind, name, none := reflect.ValueOf(one), one.Type, strings.Fields(one.None)
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
	for _, kind := range data {
		if kind.Title == "" || kind.Step == 0 {
			t.Errorf("tool/kinds has no Title or no Step of %s", kind.Type)
		}
	}
}

// A person who set something by hand is told where to write it down.
func TestEachTypeHasAHome(t *testing.T) {
	resources, _ := types(t)
	for _, kind := range resources {
		text, err := os.ReadFile(filepath.Join("../..", kind.Home))
		name := strings.ReplaceAll(strings.TrimPrefix(kind.Type, "aws_"), "_", "")
		if err != nil || !strings.Contains(string(text), "/"+name+`"`) {
			t.Errorf("%s does not make %s (%v)", kind.Home, kind.Type, err)
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
