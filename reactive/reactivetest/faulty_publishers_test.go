package reactivetest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func TestFaultyPublishers(t *testing.T) {
	tests := []struct {
		name string
		rule string
		subject
	}{
		{
			name: "one value more than requested",
			rule: "1.1",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n > 0 && f.demand == 0 && n < 100 {
						n++
					}
					f.request(n)
				}
			})},
		},
		{
			name: "values without demand",
			rule: "1.1",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					f.request(1)
				})
			}},
		},
		{
			name: "signals overlap",
			rule: "1.3",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if !f.emitting || f.over {
						f.request(n)
						return
					}
					f.over = true // asked from inside OnNext, it completes from elsewhere
					done := make(chan struct{})
					go func() {
						defer close(done)
						f.OnComplete()
					}()
					<-done
				}
			})},
		},
		{
			name: "failure reported as completion",
			rule: "1.4",
			subject: subject{
				Publisher: publisher(func(*flow) {}),
				Failing:   func(error) ints { return publisher(func(*flow) {})(0) },
			},
		},
		{
			name: "failure reported as another one",
			rule: "1.4",
			subject: subject{
				Publisher: publisher(func(*flow) {}),
				Failing: func(err error) ints {
					return publisher(func(f *flow) { f.onEnd = func(f *flow) { f.OnError(fmt.Errorf("lost: %v", err)) } })(0)
				},
			},
		},
		{
			name:    "never completes",
			rule:    "1.5",
			subject: subject{Publisher: publisher(func(f *flow) { f.onEnd = func(*flow) {} })},
		},
		{
			name: "a value missing",
			rule: "1.5",
			subject: subject{Publisher: func(n int) ints {
				return publisher(func(*flow) {})(max(0, n-1))
			}},
		},
		{
			name: "a value after OnComplete",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnNext(0) }
			})},
		},
		{
			name: "two completions",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnComplete() }
			})},
		},
		{
			name: "failure after completion",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnError(errBoom) }
			})},
		},
		{
			name: "completion repeated at each request after the end",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.over && f.next >= f.n {
						f.OnComplete()
					}
					f.request(n)
				}
			})},
		},
		{
			name:    "cancel ignored",
			rule:    "1.8",
			subject: subject{Publisher: publisher(func(f *flow) { f.onCancel = func(*flow) {} })},
		},
		{
			name: "cancel in OnSubscribe ignored",
			rule: "1.8",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					if f.over && f.next == 0 {
						f.OnNext(0)
					}
				})
			}},
		},
		{
			name: "the empty stream completes without OnSubscribe",
			rule: "1.9",
			subject: subject{Publisher: func(n int) ints {
				if n > 0 {
					return publisher(func(*flow) {})(n)
				}
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) { s.OnComplete() })
			}},
		},
		{
			name: "OnSubscribe twice",
			rule: "1.9",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					f.OnSubscribe(f)
				})
			}},
		},
		{
			name: "OnSubscribe never",
			rule: "1.9",
			subject: subject{Publisher: func(int) ints {
				return reactive.PublisherFunc[int](func(context.Context, subscriber) {})
			}},
		},
		{
			name: "Subscribe panics",
			rule: "1.9",
			subject: subject{Publisher: func(int) ints {
				return reactive.PublisherFunc[int](func(context.Context, subscriber) { panic("no") })
			}},
		},
		{
			name: "a second subscriber is turned away with a panic",
			rule: "1.9",
			subject: subject{
				Unicast: true,
				Publisher: func(n int) ints {
					var once sync.Once
					return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
						refused := true
						once.Do(func() { refused = false; publisher(func(*flow) {})(n).Subscribe(ctx, s) })
						if refused {
							panic("one subscriber only")
						}
					})
				},
			},
		},
		{
			name: "one subscription only, not declared",
			rule: "1.10",
			subject: subject{Publisher: func(n int) ints {
				left := n
				return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
					publisher(func(*flow) {})(left).Subscribe(ctx, s)
					left = 0
				})
			}},
		},
		{
			name: "subscribers share the values",
			rule: "1.11",
			subject: subject{Publisher: func(n int) ints {
				var mu sync.Mutex
				left := n
				return publisher(func(f *flow) {
					f.onRequest = func(f *flow, n int64) {
						mu.Lock()
						defer mu.Unlock()
						if got := int(min(n, int64(left))); got > 0 {
							left -= got
							f.request(int64(got))
						}
					}
				})(n)
			}},
		},
		{
			name: "OnError(nil)",
			rule: "2.13",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnError(nil) }
			})},
		},
		{
			name: "recursion as deep as the stream is long",
			rule: "3.3",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n > 0 {
						f.emitting = false
					}
					f.request(n)
				}
			})},
		},
		{
			name: "Request blocks",
			rule: "3.4",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(*flow, int64) { <-abandoned }
			})},
		},
		{
			name: "Cancel blocks",
			rule: "3.5",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onCancel = func(*flow) { <-abandoned }
			})},
		},
		{
			name: "a request after cancel revives the stream",
			rule: "3.6",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.next < f.n && n > 0 {
						f.over = false
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a second cancel panics",
			rule: "3.15",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onCancel = func(f *flow) {
					if f.over {
						panic("cancelled already")
					}
					f.over = true
				}
			})},
		},
		{
			name: "a request after cancel panics",
			rule: "3.16",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.over {
						panic("cancelled")
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a request replaces the one before",
			rule: "3.8",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.emitting && n > 0 {
						return // lost
					}
					f.request(n)
				}
			})},
		},
		{
			name: "Request(0) ignored",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n != 0 {
						f.request(n)
					}
				}
			})},
		},
		{
			name: "a bad request completes the stream",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n < 1 && !f.over {
						f.over = true
						f.OnComplete()
						return
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a bad request fails with an error of its own",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n < 1 && !f.over {
						f.over = true
						f.OnError(errBoom)
						return
					}
					f.request(n)
				}
			})},
		},
		{
			name: "the publisher remembers its subscribers",
			rule: "3.13",
			subject: subject{Publisher: func(n int) ints {
				var all []subscriber
				return rememberer{&all, n}
			}},
		},
		{
			name: "demand overflows",
			rule: "3.17",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					f.emitting = true // accept the demand first
					f.request(n)
					f.emitting = false
					if f.demand > math.MaxInt64/2+1 {
						f.demand = -1
					}
					f.emit()
				}
			})},
		},
		{
			name: "a goroutine survives the cancel",
			rule: "goroutines",
			subject: subject{Publisher: publisher(func(f *flow) {
				go func() { <-abandoned }()
			})},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantViolation(t, tc.subject, tc.rule)
		})
	}
}

type rememberer struct {
	all *[]subscriber
	n   int
}

func (r rememberer) Subscribe(ctx context.Context, s subscriber) {
	*r.all = append(*r.all, s)
	publisher(func(*flow) {})(r.n).Subscribe(ctx, s)
}
