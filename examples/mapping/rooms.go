package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

const (
	seats   = 100 // in a room
	behind  = 64  // messages that a member may be late by
	longest = 40  // characters of a member's name
)

// rooms are the chat rooms that have somebody in them.
type rooms struct {
	mu     sync.Mutex
	byName map[string]*room
}

// room sends what is said in it to all its members.
type room struct {
	*reactive.Broadcast[socket.Message]
	members int // guarded by rooms.mu
}

func newRooms() *rooms { return &rooms{byName: make(map[string]*room)} }

// Open gives the session a seat in the room of its path. A full room is an HTTP status, so an open socket has a seat.
func (rs *rooms) Open(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
	name, who := h.PathValue("room"), h.Query().Get("name")
	if who == "" {
		who = "somebody"
	}
	if utf8.RuneCountInString(who) > longest {
		return nil, &socket.HandshakeError{Status: http.StatusBadRequest, Text: fmt.Sprintf("name: at most %d characters", longest)}
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byName[name]
	if r == nil {
		r = &room{Broadcast: reactive.NewBroadcast[socket.Message]()}
		rs.byName[name] = r
	}
	if r.members == seats {
		return nil, &socket.HandshakeError{Status: http.StatusServiceUnavailable, Text: "the room is full"}
	}
	r.members++
	return &member{rooms: rs, room: r, in: name, name: who}, nil
}

// member is one session in a room.
type member struct {
	rooms *rooms
	room  *room
	in    string // the room's name
	name  string
}

// Handle joins two flows: what is said in the room goes to the member, what the member says goes to the room. They start
// in this order, so a member hears its first word, and the first to end ends both. A member that does not keep up loses
// the oldest messages, and nobody waits for it.
func (m *member) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	hears := m.room.Flux(behind, reactive.OverflowDropOldest)
	says := s.Receive().DoOnNext(func(msg socket.Message) {
		m.room.Emit(text(m.name + ": " + msg.Text()))
	})
	return reactive.Race(s.Send(hears), says.Then())
}

// Close gives the seat back. The session calls it once, however it ended, before its peer sees the end.
func (m *member) Close() error {
	m.rooms.mu.Lock()
	defer m.rooms.mu.Unlock()
	if m.room.members--; m.room.members == 0 {
		delete(m.rooms.byName, m.in)
	}
	return nil
}

// notice posts the body of an HTTP request to a room.
func (rs *rooms) notice(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if err != nil {
		http.Error(w, "the notice is longer than 4 KiB", http.StatusRequestEntityTooLarge)
		return
	}
	rs.mu.Lock()
	to := rs.byName[r.PathValue("room")]
	rs.mu.Unlock()
	if to == nil {
		http.Error(w, "nobody is in this room", http.StatusNotFound)
		return
	}
	fmt.Fprintf(w, "heard by %d\n", to.Emit(text("* "+string(body))))
}

// text makes a message of what may not be UTF-8: a name, the body of a request or a binary message.
func text(s string) socket.Message { return socket.Text(strings.ToValidUTF8(s, "\uFFFD")) }

// list answers with the number of members of each room.
func (rs *rooms) list(w http.ResponseWriter, _ *http.Request) {
	members := map[string]int{}
	rs.mu.Lock()
	for name, r := range rs.byName {
		members[name] = r.members
	}
	rs.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(members)
}
