// Package fastjsii makes jsii, the bridge to the Node process in which CDKTF runs, start
// several times faster with large provider packages, with the same result, and without the
// noise and the leftovers that it has by itself. One call switches it on:
//
//	func main() {
//		stop := fastjsii.Start()
//		defer stop()
//		…
//
// How it works is in boot/entry.js. If anything is not as it expects, jsii runs as it would without
// this package. FAST_SYNTH=0 in the environment switches the speed off.
package fastjsii

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/aws/jsii-runtime-go"

	"github.com/order-bot/infra/fastjsii/early"
)

//go:embed boot/*.js
var scripts embed.FS

// boot is the script that Node loads first: the files of boot in this order.
var boot = func() []byte {
	var all bytes.Buffer
	for _, subject := range []string{"entry", "program", "packages", "assemblies", "late", "code", "messages", "tokens", "cache"} {
		text, err := scripts.ReadFile("boot/" + subject + ".js")
		if err != nil {
			panic(err) // it is embedded
		}
		all.Write(text)
		all.WriteByte('\n')
	}
	return all.Bytes()
}()

// gate is the script that Node loads before that: one that is too old cannot read it.
//
//go:embed boot/gate.js
var gate []byte

// programDigest is the SHA-256 of the Node program of the jsii runtime that boot/program.js was
// written for: internal/embedded/resources/lib/program.js of jsii-runtime-go v1.112.0.
const programDigest = "f04fb10127c29c3bf9dc871f47001931f2ef7ab02bde02d59ec31dc5cca81bfc"

// All bindings are initialized by now, and have used it.
func init() { early.End() }

// Start readies jsii; call it before anything else uses the framework. The returned stop
// ends the Node process and removes its temporary folders; call it last. What keeps jsii
// from starting fast is said in one line on standard error.
func Start() (stop func()) {
	// Importing the bindings has prepared a process already, which is none: see package early. Let it go.
	jsii.Close()
	silenceNodeWarnings()
	cache, err := writableCache()
	if err != nil {
		// jsii waits for ever for a cache that it cannot write. Without it, it unpacks packages into a temporary folder.
		setDefault("JSII_RUNTIME_PACKAGE_CACHE", "disabled")
	}
	if os.Getenv("FAST_SYNTH") == "0" || os.Getenv("JSII_RUNTIME") != "" {
		return quietClose
	}
	if err == nil {
		err = speedUp(cache)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "fastjsii: the cache cannot be written: %v; this run is a slow one\n", err)
	}
	return quietClose
}

// setDefault gives a variable of the environment a value that has none.
func setDefault(name, value string) {
	if os.Getenv(name) == "" {
		_ = os.Setenv(name, value)
	}
}

// writableCache returns where the caches are, of this package and of jsii, or an error if nothing can be written there.
func writableCache() (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	beside := filepath.Dir(cache)
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return "", err
	}
	probe, err := os.CreateTemp(beside, "fastjsii-*.tmp")
	if err != nil {
		return "", err
	}
	return cache, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Main is the body of a TestMain: it runs m, which is a *testing.M, between Start and stop,
// and exits with its status.
func Main(m interface{ Run() int }) {
	stop := Start()
	status := m.Run()
	stop()
	os.Exit(status)
}

// speedUp has Node load the script first.
func speedUp(cache string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	first, err := install(cache, "gate", gate)
	if err != nil {
		return err
	}
	script, err := install(cache, "fastjsii", boot)
	if err != nil {
		return err
	}
	// Once per process and its children: a test may start jsii again and again.
	options := os.Getenv("NODE_OPTIONS")
	if strings.Contains(options, "fastjsii-") {
		return nil
	}
	if options == "" {
		// What jsii's Go runtime sets where nobody has set anything.
		options = "--max-old-space-size=4069"
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	// Node would let what it has just made grow to three times 16 MB before it looks what of it is still in use, and
	// is no faster for it. Before the user's options, for theirs to count.
	_ = os.Setenv("NODE_OPTIONS", "--max-semi-space-size=8 "+options+` --preserve-symlinks --require "`+quoted.Replace(first)+`" --require "`+quoted.Replace(script)+`"`)
	_ = os.Setenv("FAST_JSII_CACHE", cache)
	_ = os.Setenv("FAST_JSII_PROGRAM", programDigest)
	return nil
}

// Inline has Node call methods for those that Go overrides, instead of asking Go for each call and
// answering what Go asks to answer. methods are methods of an object in JavaScript, such as "double(n) { return 2 * n; }"; they
// return what those in Go return, which are called without the fast start. Call it before anything uses the framework.
func Inline(methods string) { _ = os.Setenv("FAST_JSII_INLINE", methods) }

// cacheDir is beside jsii's own cache of packages, which is not always in the directory
// that os.UserCacheDir returns.
func cacheDir() (string, error) {
	if root := os.Getenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT"); root != "" {
		return filepath.Join(filepath.Dir(root), "fastjsii"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Caches", "com.amazonaws.jsii", "fastjsii"), nil
	case "linux":
		return filepath.Join(home, ".cache", "aws", "jsii", "fastjsii"), nil
	case "windows":
		return filepath.Join(os.Getenv("LOCALAPPDATA"), "AWS", "jsii", "fastjsii"), nil
	}
	return "", errors.New("not tried on " + runtime.GOOS)
}

// unused is how long a script of another version stays: another checkout of the project may be
// using it at this moment.
const unused = 30 * 24 * time.Hour

// install puts a script into the cache, under a name that says its content, and removes those
// that have not been used for long.
func install(cache, name string, script []byte) (string, error) {
	sum := sha256.Sum256(script)
	path := filepath.Join(cache, name+"-"+hex.EncodeToString(sum[:6])+".js")
	if text, err := os.ReadFile(path); err == nil && bytes.Equal(text, script) {
		_ = os.Chtimes(path, time.Time{}, time.Now()) // it may be another user's
		return path, nil
	}
	// Aside and renamed, for another process to find all of it or nothing.
	aside, err := os.CreateTemp(cache, "fastjsii-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = aside.Write(script)
	// Readable to all, as the rest of the cache: it may be another user's, who made it for this one.
	if err = errors.Join(err, aside.Chmod(0o644), aside.Close()); err == nil {
		err = os.Rename(aside.Name(), path)
	}
	if err != nil {
		_ = os.Remove(aside.Name())
		return "", err
	}
	old, _ := filepath.Glob(filepath.Join(cache, name+"-*.js"))
	for _, other := range old {
		if info, err := os.Stat(other); err == nil && other != path && time.Since(info.ModTime()) > unused {
			_ = os.Remove(other)
		}
	}
	return path, nil
}

// quietClose closes jsii. Runtime 1.112.0 waits for its child in two goroutines at once;
// the one that comes second says "Runtime process exited abnormally: waitid: no child
// processes" on os.Stderr, at times after Close has returned. So the variable, not the
// descriptor, is pointed elsewhere, and stays there. The program is about to end, and prints nothing after this.
func quietClose() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	jsii.Close()
}

// silenceNodeWarnings keeps jsii from drawing a box about the age of Node, at each start, in
// the middle of what a person wants to read. What the user has set stays.
func silenceNodeWarnings() {
	const prefix = "JSII_SILENCE_WARNING_"
	for _, name := range []string{"DEPRECATED_NODE_VERSION", "UNTESTED_NODE_VERSION"} {
		if os.Getenv(prefix+name) == "" {
			_ = os.Setenv(prefix+name, "1")
		}
	}
	// This one takes a list of the major versions that it is to be silent about.
	if name := prefix + "END_OF_LIFE_NODE_VERSION"; os.Getenv(name) == "" {
		var majors []string
		for major := 16; major <= 40; major++ {
			majors = append(majors, strconv.Itoa(major))
		}
		_ = os.Setenv(name, strings.Join(majors, ","))
	}
}
