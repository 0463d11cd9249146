package demo

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/order-bot/infra/localaws"
)

// remembered is a demo that an earlier command started, in a directory of its own: a process, and where it answers.
func remembered(t *testing.T, endpoint string) *exec.Cmd {
	t.Helper()
	t.Chdir(t.TempDir())
	process := exec.Command("sleep", "60")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill() })
	text, err := json.Marshal(localaws.Emulator{PID: process.Process.Pid, Endpoint: endpoint})
	if err == nil {
		err = os.Mkdir(Folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(runningFile, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func TestStop(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	process := remembered(t, server.URL)
	if local := Running(); local == nil || local.Endpoint != server.URL {
		t.Fatalf("%v is running", local)
	}
	if ran, err := Stop(); !ran || err != nil {
		t.Errorf("it ran: %v, %v", ran, err)
	}
	if err := process.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Error(err)
	}
	if _, err := os.Stat(Folder); !os.IsNotExist(err) {
		t.Error("its folder is left")
	}
	if ran, err := Stop(); ran || err != nil {
		t.Errorf("without one, it ran: %v, %v", ran, err)
	}
}

// After a restart of the machine, the number of its process may be another one's, which goes on.
func TestStopOfOneThatIsGone(t *testing.T) {
	process := remembered(t, "http://127.0.0.1:1")
	if local := Running(); local != nil {
		t.Errorf("%v is running", local)
	}
	if ran, err := Stop(); ran || err != nil {
		t.Errorf("it ran: %v, %v", ran, err)
	}
	if err := process.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("the other process: %v", err)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("TERRAFORM_BINARY_NAME", "")
	t.Setenv("PATH", t.TempDir())
	err := Missing()
	if err == nil {
		t.Fatal("nothing is missing")
	}
	const python = "\npython3 is not on the PATH: install Python 3.11 or newer, with venv"
	if text := err.Error(); len(text) <= len(python) || text[len(text)-len(python):] != python {
		t.Error(text)
	}
}
