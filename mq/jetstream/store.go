package jetstream

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fluxsocket/fluxsocket/mq"
)

// lockName is the file in the store directory that the engine holds locked and writes its process id to.
const lockName = "fluxsocket.lock"

// lockStore makes the store directory if need be and takes it for this engine. Closing the file gives it back; the
// file itself stays, because removing it would let two engines hold a lock each.
func lockStore(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, storeError(dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, storeError(dir, err)
	}
	taken, err := flock(f)
	if err == nil && !taken {
		err = writeHolder(f)
	}
	switch {
	case err != nil:
		f.Close()
		return nil, storeError(dir, err)
	case taken:
		who := holder(f)
		f.Close()
		return nil, &mq.Error{
			Op:   "open store",
			Hint: "stop the other one, or give this one a store directory of its own",
			Err:  fmt.Errorf("%w: %s is in use by %s", mq.ErrUnavailable, dir, who),
		}
	}
	return f, nil
}

func storeError(dir string, err error) error {
	return &mq.Error{
		Op:   "open store",
		Hint: "the store directory must be a directory on a local disk that this user may write to",
		Err:  fmt.Errorf("%w: %s: %w", mq.ErrUnavailable, dir, err),
	}
}

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holder(f *os.File) string {
	b, _ := io.ReadAll(io.LimitReader(f, 32))
	if pid := strings.TrimSpace(string(b)); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return "process " + pid
	}
	return "another engine of this process"
}
