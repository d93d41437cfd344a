package gateway

import "github.com/fluxsocket/fluxsocket/reactive"

// maxUnanswered is how many bytes of requests one producer may leave unanswered before its socket is not read any more.
// The request that goes beyond it is taken whole.
const maxUnanswered = 8 << 20

// budget lets requests in one by one as long as those that are not answered are within the bound. How large the next
// one is shows only when it is there, so it may be the one that goes beyond, whatever its size.
type budget struct {
	most  int64 // bytes
	held  int64 // bytes of the requests that are not answered
	owed  bool  // the next request was not let in yet
	grant int64 // what the latest event let in: 1 or 0
}

// add counts a request of n bytes that has come in, or one of -n bytes that was answered.
func (b budget) add(n int64) budget {
	b.held += n
	b.owed = b.owed || n > 0
	b.grant = 0
	if b.owed && b.held < b.most {
		b.owed, b.grant = false, 1
	}
	return b
}

// within grants one request after the other, as long as no more than most bytes are held; counts are the events of
// [budget.add].
func within(most int64, counts reactive.Flux[int64]) reactive.Flux[int64] {
	budgets := reactive.Scan(counts, budget{most: most, grant: 1}, budget.add)
	return reactive.Map(budgets, func(b budget) int64 { return b.grant }).Filter(func(n int64) bool { return n > 0 })
}
