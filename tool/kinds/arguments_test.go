package kinds_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/kinds"
)

var (
	mapField = regexp.MustCompile(`\*map\[string\]\S+ .*json:"(\w+)"`)
	capital  = regexp.MustCompile(`[A-Z]`)
)

// Of each type that the modules make, Arguments has all maps: those are maps in the bindings, too.
func TestArgumentsHasAllMaps(t *testing.T) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cdktf/cdktf-provider-aws-go/aws/v19").Output()
	if err != nil {
		t.Fatal(err)
	}
	resources, data := types(t)
	seen := 0
	for _, kind := range slices.Concat(resources, data) {
		directory := filepath.Join(strings.TrimSpace(string(root)), strings.NewReplacer(".aws_", "aws", "aws_", "", "_", "").Replace(kind.Type))
		files, err := filepath.Glob(filepath.Join(directory, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("the bindings of %s: %v", kind.Type, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range mapField.FindAllStringSubmatch(string(text), -1) {
				name := capital.ReplaceAllStringFunc(match[1], func(letter string) string { return "_" + strings.ToLower(letter) })
				if !slices.Contains(kinds.Arguments(kind.Type), name) {
					t.Errorf("%s of %s is a map: give it in arguments.go", name, kind.Type)
				}
				seen++
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d maps were found", seen)
	}
}
