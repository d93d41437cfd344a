//go:build unix

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

func init() { children = append(children, runFailingDisk) }

// failingDir names the environment variable that makes the test binary the process whose disk fails.
const failingDir = "FLUXSOCKET_FAILING_DIR"

// runFailingDisk is that process: no file of it may become larger than a megabyte, so that writing to a topic fails as
// it does on a full disk. It says what is wrong with the engine on standard output, which nothing should be.
func runFailingDisk() bool {
	dir := os.Getenv(failingDir)
	if dir == "" {
		return false
	}
	if err := failingDisk(dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return true
}

func failingDisk(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b, err := Open(ctx, Config{StoreDir: dir})
	if err != nil {
		return err
	}
	full, err := b.OpenProducer(ctx, mq.ProducerConfig{Topic: testTopic("full"), SendTimeout: time.Minute})
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	// More than fits, all of it with the server at once: none of it waits for its send timeout.
	const total, size = 100, 50_000
	source := reactive.Map(reactive.Range(0, total), func(int) mq.OutMessage { return mq.OutMessage{Payload: make([]byte, size)} })
	receipts, err := full.Publish(source).Collect(ctx)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	stored := 0
	for _, r := range receipts {
		if r.Err == nil {
			stored++
		} else if err := wantRestart(r.Err); err != nil {
			return fmt.Errorf("receipt after %d that were stored: %w", stored, err)
		}
	}
	if len(receipts) != total || stored == 0 || stored > limitOf(size) {
		return fmt.Errorf("%d receipts, %d stored, want %d and 1 to %d", len(receipts), stored, total, limitOf(size))
	}
	_, err = full.Send(mq.OutMessage{}).Block(ctx)
	if err := wantRestart(err); err != nil {
		return fmt.Errorf("a later Send: %w", err)
	}
	_, err = b.OpenProducer(ctx, mq.ProducerConfig{Topic: testTopic("full")})
	if err := wantRestart(err); err != nil {
		return fmt.Errorf("a later producer: %w", err)
	}
	if err := wantRestart(b.Health(ctx)); err != nil {
		return fmt.Errorf("Health: %w", err)
	}
	// The others go on.
	other, err := b.OpenProducer(ctx, mq.ProducerConfig{Topic: testTopic("other")})
	if err != nil {
		return err
	}
	if _, err := other.Send(mq.OutMessage{Payload: []byte("x")}).Block(ctx); err != nil {
		return fmt.Errorf("another topic: %w", err)
	}
	return b.Close(ctx)
}

func limitOf(size int) int { return 1 << 20 / size }

func wantRestart(err error) error {
	var e *mq.Error
	if !errors.Is(err, mq.ErrUnavailable) || !errors.As(err, &e) || !strings.Contains(e.Hint, "restart") {
		return fmt.Errorf("error = %v, want ErrUnavailable with a hint to restart", err)
	}
	return nil
}

// After a write that failed, the server does not answer who publishes to the topic: they are told all the same, at
// once, and so is who asks for the engine's health. After a restart the topic is as it was.
func TestFailingDisk(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	child := exec.Command(exe)
	child.Env = append(os.Environ(), failingDir+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := openBroker(t, Config{StoreDir: dir})
	if err := b.Health(testContext(t)); err != nil {
		t.Errorf("Health after a restart = %v, want nil", err)
	}
	sendText(t, openProducer(t, b, mq.ProducerConfig{Topic: testTopic("full")}), "more")
}
