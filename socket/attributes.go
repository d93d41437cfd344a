package socket

import "sync"

// Attributes are values that an application keeps with a session. They are safe for concurrent use and cost nothing
// until the first one is set.
type Attributes struct {
	mu     sync.Mutex
	values map[string]any
}

// Get returns the value of key, or nil.
func (a *Attributes) Get(key string) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.values[key]
}

// Set sets the value of key.
func (a *Attributes) Set(key string, value any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.values == nil {
		a.values = make(map[string]any)
	}
	a.values[key] = value
}

// Delete removes key.
func (a *Attributes) Delete(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.values, key)
}
