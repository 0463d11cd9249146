package fastjsii

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// isolated gives the test an environment and a cache of its own.
func isolated(t *testing.T) (cache string) {
	t.Helper()
	root := t.TempDir()
	t.Setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", filepath.Join(root, "package-cache"))
	for _, name := range []string{"FAST_SYNTH", "JSII_RUNTIME", "NODE_OPTIONS", "FAST_JSII_CACHE", "FAST_JSII_PROGRAM", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"} {
		t.Setenv(name, "")
	}
	return filepath.Join(root, "fastjsii")
}

func TestStartKeepsNodeOptions(t *testing.T) {
	for options, want := range map[string]string{
		"":                     "--max-semi-space-size=8 --max-old-space-size=4069 --preserve-symlinks --require ",
		"--enable-source-maps": "--max-semi-space-size=8 --enable-source-maps --preserve-symlinks --require ",
	} {
		cache := isolated(t)
		t.Setenv("NODE_OPTIONS", options)
		Start()
		got := os.Getenv("NODE_OPTIONS")
		if !strings.HasPrefix(got, want) || !strings.Contains(got, cache) {
			t.Errorf("%q becomes %q", options, got)
		}
		Start()
		if again := os.Getenv("NODE_OPTIONS"); again != got {
			t.Errorf("started twice: %q", again)
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	for name, value := range map[string]string{"FAST_SYNTH": "0", "JSII_RUNTIME": "node other.js"} {
		cache := isolated(t)
		t.Setenv(name, value)
		Start()
		if got := os.Getenv("NODE_OPTIONS"); got != "" {
			t.Errorf("%s=%s: NODE_OPTIONS is %q", name, value, got)
		}
		if _, err := os.Stat(cache); err == nil {
			t.Errorf("%s=%s: there is a cache", name, value)
		}
	}
}

func TestInstallRepairsAndCleans(t *testing.T) {
	cache := t.TempDir()
	used, old := filepath.Join(cache, "fastjsii-000000000000.js"), filepath.Join(cache, "fastjsii-111111111111.js")
	for _, file := range []string{used, old} {
		if err := os.WriteFile(file, []byte("of another version"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*unused)); err != nil {
		t.Fatal(err)
	}
	script, err := install(cache, "fastjsii", boot)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the script of an older version is still there")
	}
	if _, err := os.Stat(used); err != nil {
		t.Error("a script is gone that another checkout may be using")
	}
	if err := os.WriteFile(script, boot[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := install(cache, "fastjsii", boot); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(script); string(text) != string(boot) {
		t.Error("a half-written script stays half-written")
	}
	if files, _ := os.ReadDir(cache); len(files) != 2 {
		t.Errorf("the cache holds %v", files)
	}
}

func TestSilencesWhatTheUserHasNotSet(t *testing.T) {
	isolated(t)
	t.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
	Start()
	if got := os.Getenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"); got != "20" {
		t.Errorf("the user's 20 became %q", got)
	}
}

// What cdktf takes for a token goes through its resolver, and so does what is not known here.
func TestPlainValues(t *testing.T) {
	text, err := scripts.ReadFile("boot/tokens.js")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("node", "-e", string(text)+`
		const plain = ["", "name", "${aws_lb.this.arn}", "arn:aws:iam::1:role/a-e", 0, 8000, true, undefined];
		const others = [
			"a ${TfToken[TOKEN.1]}", "#{TfToken[TOKEN.1]}", "&{TfToken[TOKEN.1]}", "port -1.8881545897087503e+289", -1.8881545897087503e+289,
			"String Map Token Value", "Any Map Token Value", -123456789, null, 1.5, {}, [], () => 1,
		];
		console.log(...plain.filter((value) => !isPlain(value)), ...others.filter(isPlain));
	`).CombinedOutput()
	if wrong := strings.TrimSpace(string(output)); err != nil || wrong != "" {
		t.Errorf("%v, wrong are: %s", err, wrong)
	}
}
