package server

import "sync"

// memory bounds the bytes that clients make this server hold, whatever they
// promise: bodies as far as they have room to arrive, answers until they are taken.
//
// No client may have more than its share, so that others find room. What is small
// draws from a reserve that nothing large can reach, so that a few stalled uploads
// stop nobody whose object is of the usual size.
type memory struct {
	limit   int64 // bytes, all together
	share   int64 // of one client
	reserve int64 // of limit, for what is small
	small   int64 // bytes of one body or answer

	mu   sync.Mutex
	used int64
	by   map[client]int64
	peak int64 // most that was used since settle
}

func newMemory(limit, share, reserve, small int64) *memory {
	return &memory{limit: limit, share: share, reserve: reserve, small: small, by: make(map[client]int64)}
}

// draw takes n bytes for something that has then size bytes in all, and tells
// whether they were there.
func (m *memory) draw(who client, n, size int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit, share := m.limit-m.reserve, m.share
	if size <= m.small {
		limit, share = m.limit, m.share+m.reserve/2
	}
	if m.used+n > limit || m.by[who]+n > share {
		return false
	}
	m.used += n
	m.by[who] += n
	m.peak = max(m.peak, m.used)
	return true
}

// give brings n bytes back.
func (m *memory) give(who client, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
	if m.by[who] -= n; m.by[who] == 0 {
		delete(m.by, who)
	}
}

// room tells whether a client may draw n bytes of something large.
func (m *memory) room(who client, n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used+n <= m.limit-m.reserve && m.by[who]+n <= m.share
}

func (m *memory) inUse() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// settle returns the most that was used since it was last called, and what is used.
func (m *memory) settle() (peak, used int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	peak, m.peak = m.peak, m.used
	return peak, m.used
}
