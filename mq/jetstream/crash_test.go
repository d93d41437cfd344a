package jetstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// crashDir names the environment variable that makes the test binary the process that is killed.
const crashDir = "FLUXSOCKET_CRASH_DIR"

// runChild is that process: it publishes and consumes for ever, and tells what was confirmed, one line each:
// "p <number> <id>" for a message, "a <number>" for every third one, which it acknowledges.
func runChild() bool {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return false
	}
	ctx := context.Background()
	exitOn := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	b, err := Open(ctx, Config{StoreDir: dir})
	exitOn(err)
	c, err := b.Subscribe(ctx, mq.ConsumerConfig{Topic: testTopic("crash"), Subscription: "sub", Type: mq.Shared})
	exitOn(err)
	reactive.Run(ctx, c.Messages(), func(m mq.Message) {
		var n int
		if _, err := fmt.Sscan(string(m.Payload), &n); err == nil && n%3 == 0 {
			_, err := c.Ack(m.ID).Block(ctx)
			exitOn(err)
			fmt.Fprintf(os.Stdout, "a %d\n", n)
		}
	}, exitOn)
	p, err := b.OpenProducer(ctx, mq.ProducerConfig{Topic: testTopic("crash")})
	exitOn(err)
	messages := reactive.Map(reactive.Range(0, 1<<30), func(n int) mq.OutMessage {
		return mq.OutMessage{Payload: fmt.Append(nil, n), Tag: n}
	})
	exitOn(p.Publish(messages).ForEach(ctx, func(r mq.Receipt) {
		exitOn(r.Err)
		fmt.Fprintf(os.Stdout, "p %d %v\n", r.Tag, r.ID)
	}))
	return true
}

// confirmed is what a process told before it was killed.
type confirmed struct {
	published []mq.MessageID // by number
	acked     map[int]bool   // by number
}

// crash starts the process and kills it when it has published so many messages.
func crash(t *testing.T, dir string, after int) confirmed {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), crashDir+"="+dir)
	var stderr strings.Builder
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	told := confirmed{acked: make(map[int]bool)}
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); { // goes on until the pipe is empty
		told.add(t, lines.Text())
		if !killed && len(told.published) >= after {
			killed = true
			wantInUse(t, dir, child.Process.Pid)
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); !killed {
		t.Fatalf("the process ended by itself: %v: %s", err, stderr.String())
	}
	return told
}

// add reads a line; the last one may be cut off.
func (c *confirmed) add(t *testing.T, line string) {
	t.Helper()
	var n int
	var text string
	if _, err := fmt.Sscanf(line, "a %d", &n); err == nil {
		c.acked[n] = true
		return
	}
	if _, err := fmt.Sscanf(line, "p %d %s", &n, &text); err != nil {
		return
	}
	id, err := mq.ParseMessageID(text)
	if err != nil {
		return
	}
	if n != len(c.published) {
		t.Fatalf("receipt %d after %d others", n, len(c.published))
	}
	c.published = append(c.published, id)
}

func wantInUse(t *testing.T, dir string, pid int) {
	t.Helper()
	_, err := Open(testContext(t), Config{StoreDir: dir})
	if want := fmt.Sprintf("in use by process %d", pid); !errors.Is(err, mq.ErrUnavailable) || !strings.Contains(err.Error(), want) {
		t.Errorf("Open while another process runs = %v, want %q in it", err, want)
	}
}

// A process is killed at some moment. Everything that it confirmed is there, in order, and what was not acknowledged is
// delivered again, once.
func TestKill(t *testing.T) {
	const end = "end"
	for round := range 3 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			dir := t.TempDir()
			told := crash(t, dir, 100+rand.IntN(5000))
			b := openBroker(t, Config{StoreDir: dir})
			topic := testTopic("crash")
			sendText(t, openProducer(t, b, mq.ProducerConfig{Topic: topic}), end)

			stored := 0
			r := watch(t, openReader(t, b, mq.ReaderConfig{Topic: topic, Start: mq.Earliest}).Messages(), reactive.Unbounded)
			for m := r.next(); string(m.Payload) != end; m = r.next() {
				if string(m.Payload) != fmt.Sprint(stored) || stored < len(told.published) && m.ID != told.published[stored] {
					t.Fatalf("message %d is %q with id %v", stored, m.Payload, m.ID)
				}
				stored++
			}
			if stored < len(told.published) {
				t.Fatalf("%d messages are stored, %d were confirmed", stored, len(told.published))
			}

			again, acked := make(map[int]bool), 0
			c := watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared}).Messages(), reactive.Unbounded)
			for m := c.next(); string(m.Payload) != end; m = c.next() {
				n, err := strconv.Atoi(string(m.Payload))
				if err != nil || again[n] || m.RedeliveryCount != 0 {
					t.Fatalf("%q came with redelivery count %d, before: %v", m.Payload, m.RedeliveryCount, again[n])
				}
				again[n] = true
				if told.acked[n] {
					acked++
				}
			}
			for n := range stored {
				if n%3 != 0 && !again[n] {
					t.Errorf("message %d was not acknowledged and did not come again", n)
				}
			}
			t.Logf("%d confirmed, %d stored; %d acknowledged, of which %d came again", len(told.published), stored, len(told.acked), acked)
		})
	}
}
