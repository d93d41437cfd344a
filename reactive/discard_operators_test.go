package reactive_test

import (
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func TestDiscardInOperators(t *testing.T) {
	last := func(f flux) mono { return f.Last() }
	sum := func(list []int) int { return len(list) }
	runDiscards(t, []discards{
		{
			"Filter", over(func(f flux) flux { return f.Filter(odd) }),
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2, 4)
			},
			[]int{2, 4},
		},
		{
			"Skip", over(func(f flux) flux { return f.Skip(2) }),
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3)
			},
			[]int{1, 2},
		},
		{
			"Then", func(src ints) ints { return ends(reactive.Then(src)) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2)
			},
			[]int{1, 2},
		},
		{
			"Last, all but that", func(src ints) ints { return last(reactive.FromPublisher(src)) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3).Complete()
			},
			[]int{1, 2},
		},
		{
			"Last, cancelled", func(src ints) ints { return last(reactive.FromPublisher(src)) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2)
			},
			[]int{1, 2},
		},
		{
			"CollectList, failure", func(src ints) ints { return reactive.Map(reactive.CollectList(src), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2).Error(errBoom)
			},
			[]int{1, 2},
		},
		{
			"CollectList, complete", func(src ints) ints { return reactive.Map(reactive.CollectList(src), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2).Complete()
			},
			nil,
		},
		{
			"Buffer, failure", func(src ints) ints { return reactive.Map(reactive.Buffer(src, 2), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2, 3).Error(errBoom)
			},
			[]int{3},
		},
		{
			"Buffer, cancelled, and a value after that", func(src ints) ints { return reactive.Map(reactive.Buffer(src, 2), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2, 3)
				p.Cancel()
				src.Subscriber().OnNext(4)
			},
			[]int{3, 4},
		},
		{
			"BufferTimeout, failure", func(src ints) ints { return reactive.Map(reactive.BufferTimeout(src, 2, time.Hour), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2, 3).Error(errBoom)
			},
			[]int{3},
		},
		{
			"BufferTimeout, cancelled, and a value after that", func(src ints) ints { return reactive.Map(reactive.BufferTimeout(src, 2, time.Hour), sum) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1)
				p.Cancel()
				src.Subscriber().OnNext(2)
			},
			[]int{1, 2},
		},
		{
			"OnBackpressureDrop", over(func(f flux) flux { return f.OnBackpressureDrop(nil) }),
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3)
			},
			[]int{2, 3},
		},
		{
			"OnBackpressureBuffer, the newest", over(func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowDropNewest) }),
			func(src *intSource, p *intProbe) {
				src.Next(1, 2, 3)
				p.Request(9)
			},
			[]int{3},
		},
		{
			"OnBackpressureBuffer, the oldest", over(func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowDropOldest) }),
			func(src *intSource, p *intProbe) {
				src.Next(1, 2, 3)
				p.Request(9)
			},
			[]int{1},
		},
		{
			"OnBackpressureBuffer, overflow and what is queued", over(func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowError) }),
			func(src *intSource, p *intProbe) { src.Next(1, 2, 3) },
			[]int{1, 2, 3},
		},
		{
			"OnBackpressureBuffer, a value after the end", over(func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowError) }),
			func(src *intSource, p *intProbe) {
				p.Cancel()
				src.Subscriber().OnNext(1)
			},
			[]int{1},
		},
		{
			"FlatMap, what is queued", func(src ints) ints { return reactive.FlatMap(reactive.Just(0), 1, func(int) ints { return src }) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3)
				p.Cancel()
				src.Subscriber().OnNext(4)
			},
			[]int{2, 3, 4},
		},
		{
			"Prefetch, what is queued", over(func(f flux) flux { return f.Prefetch(4) }),
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3)
				p.Cancel()
				src.Subscriber().OnNext(4)
			},
			[]int{2, 3, 4},
		},
	})
}
