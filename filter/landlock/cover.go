package landlock

// never is the level of what no known one covers.
const never = MaxABI + 1

// operations says from which level on Landlock denies what. The gaps are why
// seccomp and namespaces are layers of their own.
var operations = [...]struct {
	since int
	what  string
}{
	{1, "opening, executing, listing, making, moving and removing files"},
	{1, "mounting"},
	{1, "tracing processes outside"},
	{3, "truncating files by name"},
	{4, "TCP bind and connect"},
	{5, "ioctl on device files"},
	{6, "signals to processes outside"},
	{6, "connecting to abstract unix sockets of processes outside"},
	{9, "connecting to unix sockets by path"},
	{10, "UDP bind, connect and send"},
	{never, "stat, chdir, chmod, chown, utime, access, xattr and flock by name"},
	{never, "other sockets: raw, netlink, vsock, multipath TCP"},
	{never, "descriptors that are open already"},
}

// cover divides the operations into those that a level denies and the rest.
func cover(level int) (denied, open []string) {
	for _, op := range operations {
		if op.since <= level {
			denied = append(denied, op.what)
		} else {
			open = append(open, op.what)
		}
	}
	return denied, open
}
