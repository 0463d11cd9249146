// Command bench measures how fast the stacks synthesize: against the stock path of jsii,
// against TypeScript, and with many services. It prints its tables and writes them into
// docs/inside/benchmarks.md.
//
//	go run ./cmd/bench [-runs 5] [-out docs/inside/benchmarks.md]
//
// Run it from the project's directory, with the cdktf CLI on the PATH, as `make bench` does.
// What it needs for the TypeScript rows it installs into .bench, which git ignores.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const folder = ".bench"

// start and end are the lines of the page between which the measurements are.
const start, end = "<!-- measured -->", "<!-- end of what is measured -->"

func main() {
	runs := flag.Int("runs", 5, "runs of each command; medians are shown")
	out := flag.String("out", "docs/inside/benchmarks.md", "page to write into, between its two marks")
	services := flag.Int("synth", 0, "only synthesize environments with this many services into -dir (for the growth table)")
	only := flag.Bool("commands", false, "only compare the command with the CDKTF CLI, and print that table")
	dir := flag.String("dir", "", "output directory of -synth")
	flag.Parse()
	var err error
	switch {
	case *services > 0:
		err = synthesize(*services, *dir)
	case *only:
		err = compareCommands(*runs)
	default:
		err = bench(*runs, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// prepare builds programs of the project into the folder of the measurements, package by name. It
// returns the project's directory and that folder.
func prepare(programs map[string]string) (root, work string, err error) {
	if root, err = os.Getwd(); err != nil {
		return "", "", err
	}
	work = filepath.Join(root, folder)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return "", "", err
	}
	for name, pkg := range programs {
		if _, err := output(root, nil, "go", "build", "-o", filepath.Join(work, name), pkg); err != nil {
			return "", "", err
		}
	}
	return root, work, nil
}

// compareCommands prints the table of the commands.
func compareCommands(runs int) error {
	root, work, err := prepare(map[string]string{"app": "."})
	if err != nil {
		return err
	}
	return benchCommands(measurer{runs: runs, work: work}, root, os.Stdout)
}

// bench measures everything and writes the report.
func bench(runs int, out string) error {
	root, work, err := prepare(map[string]string{"app": ".", "bench": "./cmd/bench"})
	if err != nil {
		return err
	}
	app := filepath.Join(work, "app")

	m := measurer{runs: runs, work: work}
	stock, fast := []string{"FAST_SYNTH=0"}, []string{}
	cold := filepath.Join(work, "cold")
	first := []string{"JSII_RUNTIME_PACKAGE_CACHE_ROOT=" + filepath.Join(cold, "package-cache")}
	cliOut := filepath.Join(work, "cli.out")
	var report strings.Builder
	write := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintln(write, "| | stock | fast | ratio |\n|---|---|---|---|")
	for _, row := range []struct {
		name    string
		command []string
		memory  bool
		least   []string // the same without any synthesis
	}{
		{"the app alone, both stacks", []string{app}, true, nil},
		{"`go run .`, which is `make synth`", []string{"go", "run", "."}, false, nil},
		{
			"`cdktf synth` as a whole", []string{"cdktf", "synth", "--output", cliOut}, false,
			[]string{"cdktf", "synth", "--output", cliOut, "--app", "cp -R " + filepath.Join(work, "cdktf.out") + "/. " + cliOut},
		},
		{"`go test` of the snapshots, warm build", []string{"go", "test", "-count=1", "-run", "TestSnapshots", "./__tests__"}, false, nil},
	} {
		where := root
		if row.memory {
			where = work
		}
		commands := []command{{where, stock, row.command}, {where, fast, row.command}}
		if row.least != nil {
			commands = append(commands, command{where, fast, row.least})
		}
		results, err := m.alternate(commands...)
		if err != nil {
			return err
		}
		writeWalls(write, row.name, results[0], results[1])
		if row.least != nil {
			writeWalls(write, "the same around a program that only copies the result", results[0], results[2])
		}
		if row.memory {
			fmt.Fprintf(write, "| the same: peak memory of Node | %d MB | %d MB | 1/%.1f |\n", results[0].memory>>20, results[1].memory>>20, float64(results[0].memory)/float64(results[1].memory))
		}
	}
	results, err := measurer{runs: min(runs, 3), work: work, remove: cold}.alternate(
		command{work, append(first, stock...), []string{app}},
		command{work, first, []string{app}},
	)
	if err != nil {
		return err
	}
	writeWalls(write, "the app alone, the first time on a machine (3 runs)", results[0], results[1])

	if err := setUpTypeScript(work, app); err != nil {
		return err
	}
	results, err = m.alternate(
		command{work, fast, []string{app}},
		command{work, fast, []string{"node_modules/.bin/ts-node", "main.ts"}},
		command{work, fast, []string{"node", "main.js"}},
	)
	if err != nil {
		return err
	}
	fmt.Fprintln(write, "\n| the same stacks in | wall | Go is | peak memory of Node |\n|---|---|---|---|")
	for i, name := range []string{"Go, as here", "TypeScript, `ts-node`", "TypeScript, compiled beforehand"} {
		fmt.Fprintf(write, "| %s | %s | %s | %d MB |\n", name, seconds(results[i].wall), comparison(results[0].wall, results[i].wall, i), results[i].memory>>20)
	}

	if err := benchGrowth(m, write); err != nil {
		return err
	}
	if err := benchMessages(work, write); err != nil {
		return err
	}
	if err := benchCommands(m, root, write); err != nil {
		return err
	}
	return writeReport(out, runs, report.String())
}

// writeWalls writes the row that compares two wall times.
func writeWalls(write io.Writer, name string, stock, fast result) {
	fmt.Fprintf(write, "| %s: wall | %s | %s | 1/%.1f |\n", name, seconds(stock.wall), seconds(fast.wall), stock.wall.Seconds()/fast.wall.Seconds())
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func comparison(here, there time.Duration, i int) string {
	switch ratio := there.Seconds() / here.Seconds(); {
	case i == 0:
		return "–"
	case ratio >= 1:
		return fmt.Sprintf("%.1f times faster", ratio)
	default:
		return fmt.Sprintf("%.1f times slower", 1/ratio)
	}
}

// command is a command line, where it runs, and what it adds to the environment.
type command struct {
	dir         string
	environment []string
	line        []string
}

// result is a median run: its wall time, and the peak memory of its largest Node process in bytes.
type result struct {
	wall   time.Duration
	memory int64
}

// measurer runs each command as often as runs says, with its notes in the folder work. What is
// at remove, if anything, is removed before each run.
type measurer struct {
	runs         int
	work, remove string
}

// alternate runs the commands in turn, as often as the measurer says, and returns their medians. Where nothing
// is removed before each run, they run once before that, to warm up.
func (m measurer) alternate(commands ...command) ([]result, error) {
	walls := make([][]time.Duration, len(commands))
	memories := make([][]int64, len(commands))
	first := -1
	if m.remove != "" {
		first = 0
	}
	for run := first; run < m.runs; run++ {
		for i, c := range commands {
			wall, memory, err := m.once(c)
			if err != nil {
				return nil, err
			}
			if run >= 0 {
				walls[i] = append(walls[i], wall)
				memories[i] = append(memories[i], memory)
			}
		}
	}
	results := make([]result, len(commands))
	for i := range commands {
		slices.Sort(walls[i])
		slices.Sort(memories[i])
		results[i] = result{walls[i][m.runs/2], memories[i][m.runs/2]}
	}
	return results, nil
}

// once runs a command. Each Node process in it notes its own peak when it exits.
func (m measurer) once(c command) (time.Duration, int64, error) {
	script := filepath.Join(m.work, "peak.js")
	peaks := filepath.Join(m.work, "peaks")
	text := fmt.Sprintf("process.on('exit', () => require('fs').appendFileSync(%q, process.resourceUsage().maxRSS + '\\n'));\n", peaks)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return 0, 0, err
	}
	if err := os.RemoveAll(peaks); err != nil {
		return 0, 0, err
	}
	if err := os.RemoveAll(m.remove); err != nil {
		return 0, 0, err
	}
	// jsii sets the memory option itself only where there are no options.
	environment := append([]string{"NODE_OPTIONS=--max-old-space-size=4069 --require " + script, "CHECKPOINT_DISABLE=1"}, c.environment...)
	start := time.Now()
	if _, err := output(c.dir, environment, c.line[0], c.line[1:]...); err != nil {
		return 0, 0, err
	}
	wall := time.Since(start)
	noted, err := os.ReadFile(peaks)
	if err != nil {
		return 0, 0, err
	}
	var peak int64
	for _, line := range strings.Fields(string(noted)) {
		kilobytes, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		peak = max(peak, kilobytes<<10)
	}
	return wall, peak, nil
}

// output runs a command and returns what it printed on standard output.
func output(dir string, environment []string, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), environment...)
	var errors strings.Builder
	c.Stderr = &errors
	text, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", c, err, text, errors.String())
	}
	return string(text), nil
}

// writeReport writes the tables, with what they were measured on, between the marks of the page.
func writeReport(out string, runs int, tables string) error {
	versions := []string{runtime.Version()}
	for _, tool := range [][]string{{"node", "--version"}, {"node_modules/.bin/cdktf", "--version"}} {
		text, err := output("", nil, tool[0], tool[1:]...)
		if err != nil {
			return err
		}
		versions = append(versions, filepath.Base(tool[0])+" "+strings.Fields(text)[0])
	}
	page, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(page), start)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return fmt.Errorf("%s has no line %q with a line %q after it", out, start, end)
	}
	machine := fmt.Sprintf("\nMachine: %s/%s, %d CPUs; %s; %d runs.\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), strings.Join(versions, ", "), runs)
	return os.WriteFile(out, []byte(before+start+machine+tables+"\n"+end+after), 0o644)
}
