package reactive_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// marbleStage is one performance.
type marbleStage struct {
	begin   time.Time
	do      string // the line that says what is done
	sources []*actor
}

// column is that of the present time.
func (s *marbleStage) column() int { return int(time.Since(s.begin) / time.Second) }

// until waits for a column.
func (s *marbleStage) until(ctx context.Context, column int) error {
	timer := time.NewTimer(time.Duration(column)*time.Second - time.Since(s.begin))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// actor is a source, and what happened to it.
type actor struct {
	*marbleStage
	line drawnLine
	hot  bool // it is not subscribed to, but says what it has to say anyway

	mu        sync.Mutex
	began     []int
	requests  []int
	cancelled []int
}

func (a *actor) note(list *[]int) {
	a.mu.Lock()
	*list = append(*list, a.column())
	a.mu.Unlock()
}

// flux is the stream that is drawn, anew for each subscriber, beginning where it subscribes.
func (a *actor) flux() reactive.Flux[string] {
	return reactive.Create(func(ctx context.Context, out reactive.Emitter[string]) {
		a.note(&a.began)
		shift := a.column() - a.line.start
		go a.push(ctx, shift, func(v string) { out.Next(v) }, out.Complete, out.Error)
	}, 64, reactive.OverflowError).
		DoOnRequest(func(int64) { a.note(&a.requests) }).
		DoOnCancel(func() { a.note(&a.cancelled) })
}

// push says what is drawn, shift columns later.
func (a *actor) push(ctx context.Context, shift int, next func(string), complete func(), fail func(error)) {
	for _, m := range a.line.marbles {
		if a.until(ctx, m.at+shift) != nil {
			return
		}
		switch m.c {
		case '^', '!':
		case '|':
			complete()
		case 'x':
			fail(errBoom)
		default:
			next(string(m.c))
		}
	}
}

// differences compares when the source was subscribed to, asked and cancelled with what is drawn.
func (a *actor) differences() (problems []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	add := func(what string, got, want []int) {
		problems = append(problems, fmt.Sprintf("%q was %s at %v, want %v", a.line.text, what, got, want))
	}
	if !a.hot && (len(a.began) == 0 || a.began[0] != a.line.start) {
		add("subscribed to", a.began, []int{a.line.start})
	}
	if want := a.line.columns('!'); !slices.Equal(a.cancelled, want) {
		add("cancelled", a.cancelled, want)
	}
	if want := a.line.columns('^'); len(a.line.demand) > 0 && !slices.EqualFunc(a.requests, want, a.line.near) {
		add("asked", a.requests, want)
	}
	return problems
}

// near allows that what is drawn right behind a value has come with that.
func (l *drawnLine) near(got, want int) bool {
	return got == want || got == want-1 && got >= 0 && l.text[got] != '-'
}

// acted is what a performance makes of the sources: a stream, or one of streams.
type acted struct {
	result reactive.Publisher[string]
	split  reactive.Flux[reactive.Flux[string]]
}

// differences performs a and compares what its subscribers get with what is wanted, and what the sources are told.
func (s *marbleStage) differences(a acted, want []drawnLine) (problems []string) {
	spectators := make([]*spectator, len(want))
	for i := range want {
		_, mono := a.result.(word)
		spectators[i] = &spectator{marbleStage: s, line: want[i], mono: mono}
	}
	ctx, end := context.WithCancel(context.Background())
	for i, sp := range spectators {
		switch {
		case a.result != nil:
			go func() {
				_ = s.until(ctx, sp.line.start)
				sp.watch(ctx, a.result)
			}()
		case i == 0:
			streams := 0
			go sp.watch(ctx, reactive.Map(a.split, func(f reactive.Flux[string]) string {
				streams++
				in := spectators[streams]
				go in.watch(ctx, f)
				return string('A' + rune(streams-1))
			}))
		}
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	for _, sp := range spectators {
		problems = append(problems, sp.differences()...)
	}
	for _, a := range s.sources {
		problems = append(problems, a.differences()...)
	}
	end()
	for _, sp := range spectators {
		if sp.link != nil {
			sp.link.Cancel()
		}
	}
	synctest.Wait()
	return problems
}

// spectator is a subscriber that asks and leaves where its line says so.
type spectator struct {
	*marbleStage
	line  drawnLine
	began int
	mono  bool // a value and the completion behind it come together

	mu    sync.Mutex
	link  reactive.Subscription
	got   []marble
	lists []string // the values that are drawn as A, B and so on
}

func (sp *spectator) watch(ctx context.Context, p reactive.Publisher[string]) {
	sp.began = sp.column()
	p.Subscribe(ctx, sp)
	for i, at := range sp.line.columns('^') {
		_ = sp.until(ctx, at)
		sp.link.Request(sp.line.asked(i))
	}
	if len(sp.line.columns('^')) == 0 {
		sp.link.Request(reactive.Unbounded)
	}
	for _, at := range sp.line.columns('!') {
		_ = sp.until(ctx, at)
		sp.link.Cancel()
	}
}

func (sp *spectator) add(c byte) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.got = append(sp.got, marble{at: sp.column(), c: c})
}

func (sp *spectator) OnSubscribe(link reactive.Subscription) { sp.link = link }
func (sp *spectator) OnError(error)                          { sp.add('x') }
func (sp *spectator) OnComplete()                            { sp.add('|') }

func (sp *spectator) OnNext(v string) {
	if len(v) == 1 {
		sp.add(v[0])
		return
	}
	letter := byte('A' + len(sp.lists))
	sp.lists = append(sp.lists, string(letter)+" = "+v)
	sp.add(letter)
}

func (sp *spectator) differences() (problems []string) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	want := slices.DeleteFunc(slices.Clone(sp.line.marbles), func(m marble) bool { return m.c == '^' || m.c == '!' })
	got := sp.got
	if sp.line.endless {
		got = slices.DeleteFunc(slices.Clone(got), func(m marble) bool { return m.at >= len(sp.line.text) })
	}
	same := slices.EqualFunc(got, want, func(got, want marble) bool {
		return got.c == want.c && (got.at == want.at || got.at == want.early || sp.mono && got.c == '|' && got.at == want.at-1)
	})
	if sp.began != sp.line.start {
		problems = append(problems, fmt.Sprintf("%q began at %d", sp.line.text, sp.began))
	}
	if !same {
		problems = append(problems, fmt.Sprintf("got %s, want %q", drawn(got), sp.line.text))
	}
	if remark := strings.Join(sp.lists, ", "); remark != "" && remark != sp.line.remark {
		problems = append(problems, fmt.Sprintf("got the remark %q, want %q", remark, sp.line.remark))
	}
	return problems
}

// drawn is for messages.
func drawn(marbles []marble) string {
	var b strings.Builder
	for _, m := range marbles {
		fmt.Fprintf(&b, "%c at %d, ", m.c, m.at)
	}
	return strings.TrimSuffix(b.String(), ", ")
}
