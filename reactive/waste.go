package reactive

// waste is what a mailbox took in and will not deliver, on its way to the discard hook; mailboxes without a hook have
// none, nor have those of a hub, whose values are not one subscriber's to give back.
type waste[T any] struct {
	drop discard[T]
	lost queue[T]
}

// dropInto makes drop the hook for what is queued and will not be delivered. The caller owns work.
func (o *mailbox[T]) dropInto(drop discard[T]) {
	if drop != nil {
		o.mu.Lock()
		o.waste = &waste[T]{drop: drop}
		o.mu.Unlock()
	}
}

// discard gives to the hook what was lost. The caller owns work.
func (o *mailbox[T]) discard() {
	if o.waste == nil {
		return
	}
	o.mu.Lock()
	lost := o.waste.lost
	o.waste.lost.clear()
	o.mu.Unlock()
	o.waste.drop.queue(&lost)
}
