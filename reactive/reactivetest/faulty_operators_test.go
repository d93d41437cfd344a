package reactivetest

import (
	"context"
	"math"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// stage is an operator that passes everything on. A fault replaces one or the other of its signals.
type stage struct {
	ctx         context.Context
	down        subscriber
	up          subscription
	callback    func(int) // may panic
	over        bool
	onSubscribe func(o *stage, up subscription)
	onNext      func(o *stage, v int)
	onError     func(o *stage, err error)
	onComplete  func(o *stage)
	onRequest   func(o *stage, n int64)
	onCancel    func(o *stage)
}

func (o *stage) OnSubscribe(up subscription) { o.onSubscribe(o, up) }
func (o *stage) OnNext(v int)                { o.onNext(o, v) }
func (o *stage) OnError(err error)           { o.onError(o, err) }
func (o *stage) OnComplete()                 { o.onComplete(o) }
func (o *stage) Request(n int64)             { o.onRequest(o, n) }
func (o *stage) Cancel()                     { o.onCancel(o) }

func (o *stage) subscribe(up subscription) {
	if o.up != nil {
		up.Cancel()
		return
	}
	o.up = up
	o.down.OnSubscribe(o)
}

func (o *stage) next(v int) {
	if o.over {
		return
	}
	if err := try(o.callback, v); err != nil {
		o.over = true
		o.up.Cancel()
		o.down.OnError(err)
		return
	}
	o.down.OnNext(v)
}

func (o *stage) fail(err error) {
	if !o.over {
		o.over = true
		o.down.OnError(err)
	}
}

func (o *stage) complete() {
	if !o.over {
		o.over = true
		o.down.OnComplete()
	}
}

func (o *stage) request(n int64) { o.up.Request(n) }
func (o *stage) cancel()         { o.up.Cancel() }

func try(f func(int), v int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &reactive.PanicError{Value: v}
		}
	}()
	f(v)
	return nil
}

// operator makes operators of stages that fault has changed; callback is what they call with each value.
func operator(callback func(int), fault func(o *stage)) func(src ints) ints {
	return func(src ints) ints {
		return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
			o := &stage{
				ctx: ctx, down: s, callback: callback,
				onSubscribe: (*stage).subscribe, onNext: (*stage).next, onError: (*stage).fail,
				onComplete: (*stage).complete, onRequest: (*stage).request, onCancel: (*stage).cancel,
			}
			fault(o)
			src.Subscribe(o.ctx, o)
		})
	}
}

func TestFaultyOperators(t *testing.T) {
	nothing := func(int) {}
	panicking := func(int) { panic(errBoom) }
	tests := []struct {
		name  string
		rule  string
		fault func(o *stage)
	}{
		{
			name:  "demand is not passed on",
			rule:  "2.1",
			fault: func(o *stage) { o.onRequest = func(*stage, int64) {} },
		},
		{
			name: "Request(0)",
			rule: "2.1",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) { o.next(v); o.up.Request(0) }
			},
		},
		{
			name: "values are dropped without asking for others",
			rule: "2.1",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					if v%2 == 1 {
						o.next(v)
					}
				}
			},
		},
		{
			name: "Request in OnComplete",
			rule: "2.3",
			fault: func(o *stage) {
				o.onComplete = func(o *stage) { o.up.Request(1); o.complete() }
			},
		},
		{
			name: "Cancel in OnComplete",
			rule: "2.3",
			fault: func(o *stage) {
				o.onComplete = func(o *stage) { o.up.Cancel(); o.complete() }
			},
		},
		{
			name: "Cancel in OnError",
			rule: "2.3",
			fault: func(o *stage) {
				o.onError = func(o *stage, err error) { o.up.Cancel(); o.fail(err) }
			},
		},
		{
			name: "a second OnSubscribe replaces the first",
			rule: "2.5",
			fault: func(o *stage) {
				o.onSubscribe = func(o *stage, up subscription) {
					first := o.up == nil
					o.up = up
					if first {
						o.down.OnSubscribe(o)
					}
				}
			},
		},
		{
			name: "a second OnSubscribe cancels the first",
			rule: "2.5",
			fault: func(o *stage) {
				o.onSubscribe = func(o *stage, up subscription) {
					if o.up != nil {
						o.up.Cancel()
					}
					o.subscribe(up)
				}
			},
		},
		{
			name: "a second OnSubscribe is passed on",
			rule: "1.9",
			fault: func(o *stage) {
				o.onSubscribe = func(o *stage, up subscription) {
					if o.up != nil {
						up.Cancel()
					} else {
						o.up = up
					}
					o.down.OnSubscribe(o)
				}
			},
		},
		{
			name:  "cancel is not passed on",
			rule:  "2.6",
			fault: func(o *stage) { o.onCancel = func(o *stage) { o.over = true } },
		},
		{
			name: "the source goes on after a bad request",
			rule: "2.6",
			fault: func(o *stage) {
				o.onRequest = func(o *stage, n int64) {
					if n < 1 {
						o.fail(reactive.ErrBadRequest)
						return
					}
					o.request(n)
				}
			},
		},
		{
			name: "the source goes on after a panic",
			rule: "2.6",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					if err := try(o.callback, v); err != nil {
						o.fail(err)
					} else if !o.over {
						o.down.OnNext(v)
					}
				}
			},
		},
		{
			name: "a value after cancel panics",
			rule: "2.8",
			fault: func(o *stage) {
				left := false
				o.onCancel = func(o *stage) { left = true; o.cancel() }
				o.onNext = func(o *stage, v int) {
					if left {
						panic("after cancel")
					}
					o.next(v)
				}
			},
		},
		{
			name:  "completion is swallowed",
			rule:  "2.9",
			fault: func(o *stage) { o.onComplete = func(*stage) {} },
		},
		{
			name: "completion without demand panics",
			rule: "2.9",
			fault: func(o *stage) {
				asked := false
				o.onRequest = func(o *stage, n int64) { asked = true; o.request(n) }
				o.onComplete = func(o *stage) {
					if !asked {
						panic("not asked")
					}
					o.complete()
				}
			},
		},
		{
			name:  "failure becomes completion",
			rule:  "4.2",
			fault: func(o *stage) { o.onError = func(o *stage, _ error) { o.complete() } },
		},
		{
			name: "failure waits for demand",
			rule: "4.2",
			fault: func(o *stage) {
				var held error
				asked := false
				o.onError = func(o *stage, err error) {
					if held = err; asked {
						o.fail(err)
					}
				}
				o.onRequest = func(o *stage, n int64) {
					asked = true
					if held != nil {
						o.fail(held)
						return
					}
					o.request(n)
				}
			},
		},
		{
			name:  "a panic goes through to the source",
			rule:  "2.13",
			fault: func(o *stage) { o.onNext = func(o *stage, v int) { o.callback(v); o.down.OnNext(v) } },
		},
		{
			name: "a panic is swallowed",
			rule: "2.13",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					_ = try(o.callback, v)
					o.down.OnNext(v)
				}
			},
		},
		{
			name: "values go on after the failure of a callback",
			rule: "1.7",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					o.next(v)
					if o.over {
						o.down.OnNext(v)
					}
				}
			},
		},
		{
			name:  "values are repeated",
			rule:  "1.1",
			fault: func(o *stage) { o.onNext = func(o *stage, v int) { o.next(v); o.next(v) } },
		},
		{
			name: "the source is asked for everything",
			rule: "demand",
			fault: func(o *stage) {
				asked := false
				o.onRequest = func(o *stage, n int64) {
					if n > 0 && !asked {
						asked, n = true, math.MaxInt64
					}
					o.request(n)
				}
			},
		},
		{
			name: "one value is fetched ahead",
			rule: "demand",
			fault: func(o *stage) {
				o.onSubscribe = func(o *stage, up subscription) {
					o.subscribe(up)
					up.Request(1)
				}
			},
		},
		{
			name:  "the context is lost",
			rule:  "context",
			fault: func(o *stage) { o.ctx = context.Background() },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantViolation(t, subject{
				Operator:  operator(nothing, tc.fault),
				Panicking: operator(panicking, tc.fault),
			}, tc.rule)
		})
	}
}
