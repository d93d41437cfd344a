package reactive_test

import "slices"

// arrivals is the model of an operator that shows values as they come.
func arrivals(events []event) (all [][]int) {
	for _, e := range events {
		if e.value != 0 {
			all = append(all, []int{e.value})
		}
	}
	return all
}

// only is arrivals of one source.
func only(source int) func([]event) [][]int {
	return func(events []event) [][]int { return arrivals(of(source, events)) }
}

func of(source int, events []event) (own []event) {
	for _, e := range events {
		if e.source == source {
			own = append(own, e)
		}
	}
	return own
}

// laneByLane is the model of FlatMapSequential, whose sources 1, 2, ... are subscribed to in that order.
func laneByLane(events []event) (all [][]int) {
	for source := 1; source < 4; source++ {
		own := of(source, events)
		all = append(all, arrivals(own)...)
		if len(own) == 0 || own[len(own)-1].value != 0 {
			break
		}
	}
	return all
}

func newestOfBoth(events []event) [][]int { return newest(events, true) }

func newestOfOther(events []event) [][]int { return newest(events, false) }

// newest is a pair for each value, or for each of source 0, that comes when both sources have had one.
func newest(events []event, either bool) (all [][]int) {
	row := make([]int, 2)
	for _, e := range events {
		if e.value == 0 {
			continue
		}
		row[e.source] = e.value
		if row[0] != 0 && row[1] != 0 && (either || e.source == 0) {
			all = append(all, slices.Clone(row))
		}
	}
	return all
}

func pairs(sources int) func([]event) [][]int {
	return func(events []event) (all [][]int) {
		for k := 0; ; k++ {
			var row []int
			for source := range sources {
				own := arrivals(of(source, events))
				if k == len(own) {
					return all
				}
				row = append(row, own[k][0])
			}
			all = append(all, row)
		}
	}
}

// untilOther is the model of TakeUntilOther.
func untilOther(events []event) [][]int {
	if i := slices.IndexFunc(events, func(e event) bool { return e.source == 1 }); i >= 0 {
		events = events[:i]
	}
	return arrivals(events)
}
