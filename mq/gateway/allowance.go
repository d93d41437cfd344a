package gateway

import "github.com/fluxsocket/fluxsocket/reactive"

// allowance turns permits into demand as long as deliveries are acknowledged. Permits beyond that are not lost: they
// count as soon as there is room.
type allowance struct {
	most   int64 // how many deliveries may be open
	open   int64 // demand that was granted and has not ended as a settled delivery
	credit int64 // permitted and not granted
	grant  int64 // what the latest event granted
}

// add counts n permits, or -n settled deliveries.
func (a allowance) add(n int64) allowance {
	if n > 0 {
		a.credit += min(n, reactive.Unbounded-a.credit)
	} else {
		a.open += n
	}
	a.grant = min(a.credit, a.most-a.open)
	a.credit -= a.grant
	a.open += a.grant
	return a
}

// allow grants what permits say, up to most open deliveries; settled says how many have ended.
func allow(permits, settled reactive.Flux[int64], most int64) reactive.Flux[int64] {
	ended := reactive.Map(settled, func(n int64) int64 { return -n })
	counts := reactive.Scan(reactive.Merge(permits, ended), allowance{most: most}, allowance.add)
	return reactive.Map(counts, func(a allowance) int64 { return a.grant }).Filter(func(n int64) bool { return n > 0 })
}
