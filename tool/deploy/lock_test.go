package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each engine has a registry of its own, and so a file of its own.
func TestLock(t *testing.T) {
	const works, fails = "#!/bin/sh\necho \"$0 $*\" >.terraform.lock.hcl\n", "#!/bin/sh\necho no registry >&2\nexit 1\n"
	for name, c := range map[string]struct {
		engines map[string]string
		only    string
		files   []string
		problem string
	}{
		"both":          {map[string]string{"tofu": works, "terraform": works}, "", []string{"prod.terraform.lock.hcl", "prod.tofu.lock.hcl"}, ""},
		"one of both":   {map[string]string{"tofu": works, "terraform": works}, "terraform", []string{"prod.terraform.lock.hcl"}, ""},
		"one is there":  {map[string]string{"terraform": works}, "", []string{"prod.terraform.lock.hcl"}, ""},
		"one can not":   {map[string]string{"tofu": fails, "terraform": works}, "", []string{"prod.terraform.lock.hcl"}, "locks/prod.tofu.lock.hcl was not written"},
		"neither knows": {map[string]string{"tofu": fails}, "", nil, "no registry"},
	} {
		t.Run(name, func(t *testing.T) {
			bin, project := t.TempDir(), t.TempDir()
			for engine, text := range c.engines {
				if err := os.WriteFile(filepath.Join(bin, engine), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			t.Setenv("TERRAFORM_BINARY_NAME", c.only)
			dir := filepath.Join(project, "cdktf.out", "stacks", "prod")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, design), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			stack := &Stack{Name: "prod", Dir: dir, project: project}
			files, err := stack.Lock(t.Context(), []string{"linux_amd64"}, "mirror")
			if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%v", err)
			}
			if len(files) != len(c.files) {
				t.Fatalf("written: %q", files)
			}
			for i, want := range c.files {
				text, err := os.ReadFile(filepath.Join(project, "locks", want))
				engine := filepath.Join(bin, strings.Split(want, ".")[1])
				if line := engine + " providers lock -no-color -fs-mirror=mirror -platform=linux_amd64\n"; err != nil || string(text) != line || filepath.Base(files[i]) != want {
					t.Errorf("%v: %s has %q", err, files[i], text)
				}
			}
		})
	}
}
