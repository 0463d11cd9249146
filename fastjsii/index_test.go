package fastjsii

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// assembly is one as jsii writes it, with three modules.
const assembly = `{
  "name": "@org/provider",
  "types": {
    "@org/provider.a.A": {
      "docs": "what it is",
      "fqn": "@org/provider.a.A"
    },
    "@org/provider.a.AConfig": {
      "fqn": "@org/provider.a.AConfig"
    },
    "@org/provider.b.B": {
      "fqn": "@org/provider.b.B"
    },
    "@org/provider.c.C": {
      "fqn": "@org/provider.c.C",
      "base": "@org/provider.b.B"
    }
  },
  "version": "1.0.0"
}
`

// indexed is an assembly in a cache of packages, and where its index is kept.
type indexed struct{ dir, file, cache, script string }

func newIndexed(t *testing.T, text string) indexed {
	t.Helper()
	dir := t.TempDir()
	i := indexed{dir, filepath.Join(dir, "@org", "provider", "1.0.0", strings.Repeat("0", 64), ".jsii"), filepath.Join(dir, "cache"), filepath.Join(dir, "fastjsii-1.js")}
	// What Node looks up, it prints as JSON.
	script := string(boot) + `
		const standIn = lazyAssembly(process.argv[2], () => fs.readFileSync(process.argv[2])).toString();
		const { types } = JSON.parse(standIn);
		console.log(JSON.stringify(Object.fromEntries(process.argv.slice(3).map((name) => [name, types[name]]))));
		saveAll();`
	for path, text := range map[string]string{i.file: text, i.script: script} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(i.cache, 0o700); err != nil {
		t.Fatal(err)
	}
	return i
}

// lookUp returns what Node finds of types, and what it says.
func (i indexed) lookUp(t *testing.T, names ...string) (found map[string]map[string]string, said string, err error) {
	t.Helper()
	command := exec.Command("node", append([]string{i.script, i.file}, names...)...)
	command.Env = append(os.Environ(), "NODE_OPTIONS=", "FAST_JSII_CACHE="+i.cache)
	var errOut strings.Builder
	command.Stderr = &errOut
	output, err := command.Output()
	if err == nil {
		err = json.Unmarshal(output, &found)
	}
	return found, errOut.String(), err
}

// index is the file with the index.
func (i indexed) index(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(i.cache, "*"))
	if len(found) != 1 {
		t.Fatalf("the cache holds %v", found)
	}
	return found[0]
}

var (
	ofA = map[string]string{"fqn": "@org/provider.a.A"} // without what is written for people
	ofC = map[string]string{"fqn": "@org/provider.c.C", "base": "@org/provider.b.B"}
)

// What is looked up is that of the assembly, whatever its index is like, and the next index is whole.
func TestIndex(t *testing.T) {
	summed := func(change func(string) string) func([]byte) []byte {
		return func(text []byte) []byte {
			_, body, _ := strings.Cut(string(text), "\n")
			body = change(body)
			sum := sha256.Sum256([]byte(body))
			return []byte(hex.EncodeToString(sum[:]) + "\n" + body)
		}
	}
	replaced := func(from, to string) func([]byte) []byte {
		return summed(func(body string) string {
			if !strings.Contains(body, from) {
				t.Fatalf("no %s in %s", from, body)
			}
			return strings.Replace(body[:strings.LastIndex(body, `,"types":{`)], from, to, 1) + `,"types":{}}`
		})
	}
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		said   string
	}{
		"as it was":                    {func(text []byte) []byte { return text }, ""},
		"empty":                        {func([]byte) []byte { return nil }, "is made anew"},
		"half-written":                 {func(text []byte) []byte { return text[:len(text)/2] }, "is made anew"},
		"one byte":                     {func(text []byte) []byte { text[len(text)-9] ^= 1; return text }, "is made anew"},
		"no type in use":               {replaced(`"size"`, `"size"`), ""},
		"a type that it does not hold": {replaced(`"@org/provider.c":`, `"@org/provider.x":`), ""},
		"a range that has changed":     {replaced(`"@org/provider.c":[282,383`, `"@org/provider.c":[215,281`), "cannot be read"}, // that of b,
		"another file":                 {replaced(`{"size":`, `{"size":1`), "is made anew"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIndexed(t, assembly)
			want := map[string]map[string]string{"@org/provider.a.A": ofA, "@org/provider.c.C": ofC}
			look := func(when, says string) {
				t.Helper()
				found, said, err := i.lookUp(t, "@org/provider.a.A", "@org/provider.c.C", "@org/provider.d.D")
				if err != nil || !reflect.DeepEqual(found, want) {
					t.Errorf("%s: found %v, %v", when, found, err)
				}
				if (said == "") != (says == "") || !strings.Contains(said, says) || strings.Count(said, "\n") > 1 {
					t.Errorf("%s: it says %q", when, said)
				}
			}
			look("cold", "")
			text, err := os.ReadFile(i.index(t))
			if err != nil {
				t.Fatal(err)
			}
			whole := string(text)
			if err := os.WriteFile(i.index(t), c.damage(text), 0o600); err != nil {
				t.Fatal(err)
			}
			look("damaged", c.said)
			look("afterwards", "")
			if repaired, _ := os.ReadFile(i.index(t)); string(repaired) != whole {
				t.Errorf("the index is\n%s\nnot\n%s", repaired, whole)
			}
		})
	}
}
