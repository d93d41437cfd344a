package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// produceCmd publishes lines.
type produceCmd struct {
	target   `embed:""`
	Key      string            `help:"Key of every message."`
	Property map[string]string `short:"p" mapsep:"none" help:"A property of every message; may be given several times." placeholder:"NAME=VALUE"`
	Quiet    bool              `short:"q" help:"Do not print the message ids."`
}

// Run publishes standard input, line by line, and waits until the server has answered for every line. The ids go to
// standard output in the order of the lines; a line that the server refuses, or would, is reported and makes the command
// fail, the others are published all the same.
func (c *produceCmd) Run(ctx context.Context, std stdio) error {
	url, err := c.endpoint("producer", "", nil)
	if err != nil {
		return err
	}
	p := &production{cmd: c, std: std}
	err = c.run(ctx, url, p.handle)
	return p.outcome(err, ctx.Err() != nil)
}

// outcome says what became of the lines when the session has ended with err.
func (p *production) outcome(err error, interrupted bool) error {
	p.mu.Lock()
	state := p.state
	p.mu.Unlock()
	sent, long := int(p.sent.Load()), int(p.long.Load())
	if !state.ended {
		state = state.add(progress{answered: long, refused: long})
	}
	switch {
	case err != nil && sent > 0:
		return fmt.Errorf("%w; of %d lines %d were confirmed, %d were refused, and %d may be published or not",
			err, sent, state.answered-state.refused, state.refused, sent-state.answered)
	case err != nil:
		return err
	case state.refused > 0:
		return fmt.Errorf("%d of %d lines were not published", state.refused, state.answered)
	case interrupted && state.answered < sent:
		return fmt.Errorf("interrupted: %d of %d lines were not confirmed", sent-state.answered, sent)
	case !interrupted && !state.done():
		return fmt.Errorf("the server ended the session: %d of %d lines were confirmed, and there may be more", state.answered, sent)
	}
	return nil
}

// production is one run of the command: lines to requests, replies to ids.
type production struct {
	cmd   *produceCmd
	std   stdio
	sent  atomic.Int64 // lines read, perhaps one more while the command is ending
	long  atomic.Int64 // those that were too long to be sent
	mu    sync.Mutex
	state progress // the flow may still go on when the session has ended
}

// handle sends the lines and prints the replies until there are as many replies as lines.
func (p *production) handle(s *socket.Session) reactive.Mono[reactive.Void] {
	sent := s.Send(reactive.Map(lines(p.std.in), p.request).Filter(p.fits))
	total := reactive.Concat(
		reactive.Map(sent, func(reactive.Void) progress { return progress{} }),
		reactive.Defer(func() reactive.Flux[progress] { return reactive.Just(p.total()) }),
	)
	replies := reactive.TryMap(s.Receive(), p.reply)
	return reactive.Scan(reactive.Merge(total, replies), progress{}, progress.add).
		DoOnNext(p.progressed).
		TakeUntil(progress.done).
		Then()
}

// total is what is known when all lines are read and sent.
func (p *production) total() progress {
	long := int(p.long.Load())
	return progress{sent: int(p.sent.Load()), answered: long, refused: long, ended: true}
}

func (p *production) progressed(now progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = now
}

// progress counts what has happened, or what one event adds to that.
type progress struct {
	sent, answered, refused int
	ended                   bool // no more lines will come
}

func (a progress) add(b progress) progress {
	return progress{a.sent + b.sent, a.answered + b.answered, a.refused + b.refused, a.ended || b.ended}
}

func (a progress) done() bool { return a.ended && a.answered == a.sent }

func (p *production) request(line []byte) socket.Message {
	number := strconv.FormatInt(p.sent.Add(1), 10)
	return frame(publication{Payload: line, Key: p.cmd.Key, Properties: p.cmd.Property, Context: number})
}

// maxRequest is how long a request's text may be for the queue; it ends the session of who sends a longer one.
const maxRequest = 1 << 20

// fits reports a line whose request would be too long. It is called right after request.
func (p *production) fits(m socket.Message) bool {
	if len(m.Payload) <= maxRequest {
		return true
	}
	p.long.Add(1)
	fmt.Fprintf(p.std.err, "fluxsocket: line %d: too long: as a request it has %d bytes, at most %d are accepted\n",
		p.sent.Load(), len(m.Payload), maxRequest)
	return false
}

func (p *production) reply(m socket.Message) (progress, error) {
	var r reply
	if err := json.Unmarshal(m.Payload, &r); err != nil {
		return progress{}, fmt.Errorf("the server's reply is not understood: %w", err)
	}
	if r.Result != "ok" {
		fmt.Fprintf(p.std.err, "fluxsocket: line %s: %s: %s\n", r.Context, r.Result, r.ErrorMsg)
		return progress{answered: 1, refused: 1}, nil
	}
	if p.cmd.Quiet {
		return progress{answered: 1}, nil
	}
	_, err := fmt.Fprintln(p.std.out, r.MessageID)
	return progress{answered: 1}, printed(err)
}

// lines reads r line by line, only as far as somebody asks. The end of line is left out; a last line without one
// counts.
func lines(r io.Reader) reactive.Flux[[]byte] {
	in := bufio.NewReader(r)
	return reactive.Pull(func(context.Context) ([]byte, error) {
		line, err := in.ReadBytes('\n')
		switch {
		case err == nil, len(line) > 0 && errors.Is(err, io.EOF):
			return trimEOL(line), nil
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		}
		return nil, &fileError{"standard input", err}
	})
}

func trimEOL(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
		if n > 1 && line[n-2] == '\r' {
			line = line[:n-2]
		}
	}
	return line
}
