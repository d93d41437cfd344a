package reactive_test

import (
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// What may be asked of the source at most, other than what the subscriber has asked for.
var (
	// replaced: one more for each value that the operator takes in for nothing.
	replaced = func(_ script, v view) int64 { return plus(v.requested, v.received-v.delivered) }
	// everything, as soon as there is demand.
	everything = func(_ script, v view) int64 { return ifAsked(v, reactive.Unbounded) }
	// atMostN are on their way.
	atMostN = func(s script, v view) int64 { return min(v.requested, v.received+int64(s.n)) }
	// concurrency streams at a time.
	concurrency = func(s script, v view) int64 { return ifAsked(v, v.received+int64(s.n)) }
	// ahead of the subscriber by n.
	ahead = func(s script, v view) int64 { return v.delivered + int64(s.n) }
	// lane is what waits for a value of another source.
	lane = func(_ script, v view) int64 { return min(v.requested, v.delivered+32) }
)

// less is a-b, where that is not the same as a.
func less(a, b int64) int64 {
	if a == reactive.Unbounded {
		return a
	}
	return max(0, a-b)
}

func plus(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return reactive.Unbounded
}

func ifAsked(v view, n int64) int64 {
	if v.requested == 0 {
		return 0
	}
	return n
}

// walk is the model of an operator that looks at one value after the other: f says what becomes of the i-th value, and
// whether the stream completes with it.
func walk(f func(s script, i, v int) (out []string, last bool)) func(script) result {
	return func(s script) (r result) {
		for i, v := range s.values {
			if i == s.fault {
				r.end = errFault
				return r
			}
			out, last := f(s, i, v)
			if r.values = append(r.values, out...); last {
				return r
			}
		}
		r.end = s.err
		return r
	}
}

// keeping is walk for an operator that lets values pass.
func keeping(f func(s script, i, v int) (keep, last bool)) func(script) result {
	return walk(func(s script, i, v int) ([]string, bool) {
		keep, last := f(s, i, v)
		if !keep {
			return nil, last
		}
		return texts(v), last
	})
}

// same is the model of an operator that changes nothing. It looks at no value.
func same(s script) result { return result{values: texts(s.values...), end: s.err} }

// seen is the model of an operator that changes nothing and whose function gets each value.
var seen = keeping(func(script, int, int) (bool, bool) { return true, false })

// gives is the model of a source.
func gives(end error, values ...int) func(script) result {
	return func(script) result { return result{values: texts(values...), end: end} }
}

// then adds values at the end, if that is completion.
func then(f func(script) result, values ...int) func(script) result {
	return func(s script) result {
		r := f(s)
		if r.end == nil {
			r.values = append(r.values, texts(values...)...)
		}
		return r
	}
}

// folded is the model of what is made of all values.
func folded(f func(values []int) []string) func(script) result {
	return func(s script) result {
		switch {
		case s.fault >= 0 && s.fault < len(s.values):
			return result{end: errFault}
		case s.err != nil:
			return result{end: s.err}
		}
		return result{values: f(s.values)}
	}
}

// chunks is the model of Buffer.
func chunks(s script) (r result) {
	for at := 0; at < len(s.values); at += s.n {
		part := s.values[at:min(at+s.n, len(s.values))]
		if len(part) < s.n && s.err != nil {
			break
		}
		r.values = append(r.values, fmt.Sprint(part))
	}
	r.end = s.err
	return r
}

// zipped is the model of a Zip with other.
func zipped(other ...int) func(script) result {
	return func(s script) (r result) {
		for i, v := range s.values[:min(len(s.values), len(other))] {
			if i == s.fault {
				r.end = errFault
				break
			}
			r.values = append(r.values, fmt.Sprint(v, other[i]))
		}
		if s.err != nil && (r.end != nil || len(s.values) >= len(other)) {
			r.or = []error{s.err} // which of the two ends is seen first depends on the demand
		} else if r.end == nil {
			r.end = s.err
		}
		return r
	}
}

// innerOf is what operators of streams are given: of different kinds, lengths and ends.
func innerOf(v int) flux {
	switch v {
	case 0, 8:
		return reactive.Empty[int]()
	case 9:
		return reactive.Concat(reactive.Range(90, 2), reactive.Error[int](errInner))
	case 3:
		return reactive.FromSeq(seq(3))
	case 5:
		return reactive.FromPublisher(reactive.Publisher[int](reactive.JustMono(50)))
	}
	return reactive.Range(v*10, v%3)
}

func innerValues(v int) (values []int, err error) {
	switch v {
	case 0, 8:
		return nil, nil
	case 9:
		return []int{90, 91}, errInner
	case 3:
		return []int{0, 1, 2}, nil
	case 5:
		return []int{50}, nil
	}
	for i := range v % 3 {
		values = append(values, v*10+i)
	}
	return values, nil
}

// flattened is the model of one stream after the other.
func flattened(s script) (r result) {
	for i, v := range s.values {
		if i == s.fault {
			r.end = errFault
			return r
		}
		values, err := innerValues(v)
		r.values = append(r.values, texts(values...)...)
		if err != nil {
			r.end = err
			return r
		}
	}
	r.end = s.err
	return r
}

// raced is flattened where the first of several failures ends the stream; which one that is depends on the demand.
func raced(s script) result {
	r := flattened(s)
	r.or = failures(s)
	return r
}

// mixed is raced where streams go on beside one that is to fail.
func mixed(s script) (r result) {
	for i, v := range s.values {
		if i == s.fault {
			break
		}
		values, _ := innerValues(v)
		r.values = append(r.values, texts(values...)...)
	}
	r.or = failures(s)
	r.end = flattened(s).end
	return r
}

// failures are all that can happen to the streams made of values.
func failures(s script) (all []error) {
	if s.err != nil {
		all = append(all, s.err)
	}
	for i, v := range s.values {
		if i == s.fault {
			all = append(all, errFault)
			break
		}
		if _, err := innerValues(v); err != nil {
			all = append(all, err)
		}
	}
	return all
}

// first is s as MonoFrom makes it.
func (s script) first() script {
	if len(s.values) > 0 {
		s.values, s.err = s.values[:1], nil
	}
	return s
}

// repeated is s n+1 times, as far as it goes.
func repeated(s script) (r result) {
	for range s.n + 1 {
		r.values = append(r.values, texts(s.values...)...)
		if s.err != nil {
			r.end = s.err
			break
		}
	}
	return r
}

func texts(values ...int) (out []string) {
	for _, v := range values {
		out = append(out, fmt.Sprint(v))
	}
	return out
}
