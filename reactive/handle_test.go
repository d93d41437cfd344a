package reactive_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Empty lines are skipped, "quit" ends the stream, and what is not a number fails it.
func ExampleHandle() {
	parse := func(line string) (n int, ok bool, err error) {
		switch line {
		case "":
			return 0, false, nil
		case "quit":
			return 0, false, io.EOF
		}
		n, err = strconv.Atoi(line)
		return n, true, err
	}
	ctx := context.Background()
	fmt.Println(reactive.Handle(reactive.Just("1", "", "2", "quit", "3"), parse).Collect(ctx))
	fmt.Println(reactive.Handle(reactive.Just("1", "two"), parse).Collect(ctx))
	// Output:
	// [1 2] <nil>
	// [1] strconv.Atoi: parsing "two": invalid syntax
}

// A session that has run out is none, and one that cannot be read is an error.
func ExampleHandleMono() {
	now := 1000
	live := func(cookie string) (user string, ok bool, err error) {
		user, expiry, _ := strings.Cut(cookie, "@")
		until, err := strconv.Atoi(expiry)
		return user, until > now, err
	}
	ctx := context.Background()
	for _, cookie := range []string{"ann@2000", "bob@500", "eve@soon"} {
		session := reactive.HandleMono(reactive.JustMono(cookie), live).DefaultIfEmpty("guest")
		fmt.Println(session.Block(ctx))
	}
	// Output:
	// ann <nil>
	// guest <nil>
	//  strconv.Atoi: parsing "soon": invalid syntax
}

func TestHandle(t *testing.T) {
	all := func(ok bool, err error) func(int) (int, bool, error) {
		return func(v int) (int, bool, error) {
			if v < 2 {
				return v, true, nil
			}
			return v, ok, err
		}
	}
	runFlows(t, []flow{
		{"values", reactive.Handle(reactive.Range(0, 4), all(true, nil)), values(0, 1, 2, 3)},
		{"drop", reactive.Handle(reactive.Range(0, 4), all(false, nil)), values(0, 1)},
		{"end with a value", reactive.Handle(reactive.Range(0, 4), all(true, io.EOF)), values(0, 1, 2)},
		{"end without a value", reactive.Handle(reactive.Range(0, 4), all(false, io.EOF)), values(0, 1)},
		{"failure", reactive.Handle(reactive.Range(0, 4), all(true, errBoom)), fails(0, 1)},
		{"wrapped io.EOF is a failure", reactive.Handle(reactive.Range(0, 4), all(true, fmt.Errorf("read: %w", io.EOF))), outcome[int]{values: []int{0, 1}, err: io.EOF}},
		{"source fails", reactive.Handle(failAfter(1), all(true, nil)), fails(1)},
		{"mono, a value", reactive.HandleMono(reactive.JustMono(2), all(true, nil)), values(2)},
		{"mono, a value and the end", reactive.HandleMono(reactive.JustMono(2), all(true, io.EOF)), values(2)},
		{"mono, none", reactive.HandleMono(reactive.JustMono(2), all(false, nil)), values()},
		{"mono, the end", reactive.HandleMono(reactive.JustMono(2), all(false, io.EOF)), values()},
		{"mono, failure", reactive.HandleMono(reactive.JustMono(2), all(true, errBoom)), fails()},
		{"mono, wrapped io.EOF is a failure", reactive.HandleMono(reactive.JustMono(2), all(true, fmt.Errorf("read: %w", io.EOF))), outcome[int]{err: io.EOF}},
		{"mono, of nothing", reactive.HandleMono(mono{}, all(true, nil)), values()},
		{"mono, source fails", reactive.HandleMono(reactive.ErrorMono[int](errBoom), all(true, nil)), fails()},
		{"panic", reactive.Handle(reactive.Range(1, 4), func(v int) (int, bool, error) { return divide(v), true, nil }), panics(3, 6)},
	})
}

func TestHandleDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.Handle(src, func(v int) (int, bool, error) {
		if v == 9 {
			return v, true, io.EOF
		}
		return v, odd(v), nil
	}))
	p.Request(3)
	src.Next(1, 2, 4)
	wantAsked(t, "for each dropped value one", src, 3, 1, 1)
	src.Next(9)
	p.ExpectNext(1, 9).ExpectComplete()
	if !src.Cancelled() {
		t.Error("the source is not cancelled")
	}
}
