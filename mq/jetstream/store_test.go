package jetstream

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
)

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	used := t.TempDir()
	openBroker(t, Config{StoreDir: used})

	for _, tt := range []struct {
		name   string
		config Config
		is     error
		text   []string // in the message
		hint   string   // in the hint
	}{
		{
			name: "all that is wrong at once", config: Config{MaxTopics: -1, MaxSubscriptions: -1, MaxPayload: 65 << 20, MaxStore: -1, SyncInterval: -1},
			is: mq.ErrInvalid, text: []string{"StoreDir", "MaxTopics", "MaxSubscriptions", "MaxPayload", "MaxStore", "SyncInterval"},
		},
		{
			name: "a file where the directory should be", config: Config{StoreDir: file},
			is: mq.ErrUnavailable, text: []string{"open store", file, "not a directory"}, hint: "may write to",
		},
		{
			name: "below a file", config: Config{StoreDir: filepath.Join(file, "store")},
			is: mq.ErrUnavailable, text: []string{"open store", "not a directory"}, hint: "may write to",
		},
		{
			name: "the server cannot use it", config: Config{StoreDir: damaged},
			is: mq.ErrUnavailable, text: []string{"open store", damaged}, hint: "may write to",
		},
		{
			name: "in use", config: Config{StoreDir: used},
			is: mq.ErrUnavailable, text: []string{used, "in use by another engine of this process"}, hint: "stop the other one",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Open(testContext(t), tt.config)
			if err == nil {
				closeBroker(t, b)
				t.Fatal("error = nil")
			}
			var e *mq.Error
			if !errors.Is(err, tt.is) || !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *mq.Error that wraps %q", err, tt.is)
			}
			for _, s := range tt.text {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error = %q, want %q in it", err, s)
				}
			}
			if !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint = %q, want %q in it", e.Hint, tt.hint)
			}
		})
	}
}

func TestStoreIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "store")
	openBroker(t, Config{StoreDir: dir})
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode = %o, want 700", got)
	}
}

func TestCloseGivesTheStoreBack(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		closeBroker(t, openBroker(t, Config{StoreDir: dir}))
	}
}
