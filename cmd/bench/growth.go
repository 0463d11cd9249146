package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/terminal"
)

// settings are a cdktf.json.
const settings = `{"context": {"stateBucket": "bench", "stateRegion": "eu-west-1"}}`

// mostServices is how many services an environment has here: as many as a load balancer takes.
const mostServices = 100

// sizes are the numbers of services that are compared.
var sizes = []int{2, 20, mostServices, 4 * mostServices}

// synthesize writes environments with the given number of services together, and the shared stack, to the
// directory out. The services have one port, as a security group admits 59 different ones.
func synthesize(count int, out string) error {
	stop := fastjsii.Start()
	defer stop()
	var environments []stacks.Environment
	for i := range count {
		if i%mostServices == 0 {
			environments = append(environments, stacks.Environment{Name: fmt.Sprintf("bench%d", i/mostServices)})
		}
		environment := &environments[len(environments)-1]
		environment.Services = append(environment.Services, stacks.Service{
			Key: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("service-%d", i),
			Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: i + 1, Health: alb.Health{Path: "/health"}},
		})
	}
	return stacks.Synth([]byte(settings), stacks.Design{
		Global:       stacks.Global{ECR: ecr.Config{Repositories: []string{"bench"}}},
		Environments: environments,
	}, out)
}

// growth is the program in Go with as many services, and where it writes to.
func growth(work string, size int) (line []string, out string) {
	out = filepath.Join(work, growthName(size)+".out")
	return []string{filepath.Join(work, "bench"), "-synth", strconv.Itoa(size), "-dir", out}, out
}

// growthName is the name of the program in TypeScript that makes the same.
func growthName(size int) string { return fmt.Sprintf("growth-%d", size) }

// benchGrowth compares how Go and TypeScript grow with the services, and writes a table.
func benchGrowth(m measurer, write io.Writer) error {
	var commands []command
	for _, size := range sizes {
		line, _ := growth(m.work, size)
		commands = append(commands, command{m.work, nil, line}, command{m.work, nil, []string{"node", growthName(size) + ".js"}})
	}
	results, err := m.alternate(commands...)
	if err != nil {
		return err
	}
	fmt.Fprintln(write, "\n| services | Go | each service more | TypeScript, compiled beforehand | each service more | Go takes | peak memory of Node | TypeScript's | ratio |\n|---|---|---|---|---|---|---|---|---|")
	for i, size := range sizes {
		here, there := results[2*i], results[2*i+1]
		var more [2]string
		for j := range more {
			more[j] = "–"
			if i > 0 {
				more[j] = fmt.Sprintf("%.1f ms", (results[2*i+j].wall-results[2*i-2+j].wall).Seconds()*1000/float64(size-sizes[i-1]))
			}
		}
		fmt.Fprintf(write, "| %d | %s | %s | %s | %s | %.2f of it | %d MB | %d MB | %.2f |\n", size, seconds(here.wall), more[0], seconds(there.wall), more[1],
			here.wall.Seconds()/there.wall.Seconds(), here.memory>>20, there.memory>>20, float64(here.memory)/float64(there.memory))
	}
	return nil
}

// benchMessages counts what Go sends to Node for each service more, and writes it in a sentence for each kind.
func benchMessages(work string, write io.Writer) error {
	few, some := sizes[0], sizes[1]
	before, err := messages(work, few)
	if err != nil {
		return err
	}
	after, err := messages(work, some)
	if err != nil {
		return err
	}
	total := 0
	all := map[string][]string{}
	for message, count := range after {
		if each := (count - before[message]) / (some - few); each > 0 {
			total += each
			kind, what, _ := strings.Cut(message, " ")
			all[kind] = append(all[kind], fmt.Sprintf("%d %s", each, what))
		}
	}
	fmt.Fprintf(write, "\nFor each service more, Go sends %d messages to Node:\n\n", total)
	for _, kind := range []struct{ name, words string }{
		{"create", "an object is created"}, {"get", "a property is read"}, {"invoke", "a method is called"}, {"sinvoke", "a function is called"}, {"complete", "Node called Go, which answers"},
	} {
		if of := all[kind.name]; of != nil {
			slices.SortFunc(of, func(a, b string) int { return strings.Compare(b, a) })
			fmt.Fprintln(write, terminal.Wrap("- "+kind.words+": "+strings.Join(of, ", "), 160, 2))
		}
	}
	return nil
}

// messages counts the messages to Node of a program with as many services, by kind and by what they are about.
func messages(work string, size int) (map[string]int, error) {
	sent, script := filepath.Join(work, "messages"), filepath.Join(work, "messages.js")
	text := fmt.Sprintf(`const fs = require("fs");
const { readSync } = fs;
fs.readSync = (fd, buffer, ...rest) => {
  const length = readSync(fd, buffer, ...rest);
  if (fd === 0) fs.appendFileSync(%q, buffer.subarray(0, length));
  return length;
};
`, sent)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(sent); err != nil {
		return nil, err
	}
	line, _ := growth(work, size)
	if _, err := output(work, []string{"NODE_OPTIONS=--require " + script}, line[0], line[1:]...); err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(sent)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(lines)) {
		var message struct {
			API, FQN, Method, Property string
			ObjRef                     map[string]any
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			return nil, err
		}
		kind := message.API
		if kind == "" {
			kind = "complete"
		}
		class := message.FQN
		if ref, ok := message.ObjRef["$jsii.byref"].(string); ok {
			class, _, _ = strings.Cut(ref, "@1") // the class, and @10042
		}
		class = class[strings.LastIndex(class, ".")+1:]
		counts[kind+" `"+strings.Trim(class+"."+message.Method+message.Property, ".")+"`"]++
	}
	return counts, nil
}
