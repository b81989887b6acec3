package hostile

import (
	"context"
	"fmt"
	"slices"

	"webrunner/internal/wire"
)

// Open starts children without some layers. It returns how to give them jobs,
// and how to end them.
type Open func(without []wire.LayerName) (do func(context.Context, *wire.Job) (*wire.Report, error), end func(), err error)

// lone is the test of one layer while the others are off: a system call, hidden
// from the screen and harmless, whose outcome tells whether the layer is there.
type lone struct {
	layer wire.LayerName
	needs []wire.LayerName // layers that this one cannot be without
	tries string
	call  []byte // loads the registers of the call
	after []byte // makes rax the answer
	holds func(*wire.Report) bool
}

// answers tells whether the kernel returned, with this in rax.
func answers(rax int64) func(*wire.Report) bool {
	return func(rep *wire.Report) bool {
		return rep.Result != nil && rep.Result.Result.Int != nil && *rep.Result.Result.Int == rax
	}
}

// openRoot is open("/", O_RDONLY|O_DIRECTORY): push '/'; mov rdi, rsp;
// mov esi, 0x10000; xor edx, edx; mov eax, 2. opened takes the path off the
// stack: add rsp, 8.
const (
	openRoot = "6a2f 4889e7 be00000100 31d2 b802000000"
	opened   = "4883c408"
)

// lones has a row for each layer. Each is tried with the layer, when it must
// hold, and with none at all, when it must not: otherwise it would prove
// nothing.
func lones() []lone {
	const eacces, descriptors = -13, 64
	return []lone{
		{wire.LayerSeccomp, []wire.LayerName{wire.LayerNoNewPrivs}, "opens the root directory", asm(openRoot), asm(opened),
			func(rep *wire.Report) bool { return End{Class: wire.ForbiddenSyscall, Syscall: "open"}.is(rep) }},
		{wire.LayerLandlock, []wire.LayerName{wire.LayerNoNewPrivs}, "opens the root directory", asm(openRoot), asm(opened), answers(eacces)},
		{wire.LayerNamespaces, nil, "asks for its parent's number, which is 1 in a namespace of its own", asm("b86e000000"), nil, answers(1)},
		{wire.LayerNoNewPrivs, nil, "asks whether it may gain privileges", // prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
			asm("bf27000000 31f6 31d2 4531d2 4531c0 b89d000000"), nil, answers(1)},
		{wire.LayerRlimits, nil, "asks for its limit of descriptors", // prlimit64(0, RLIMIT_NOFILE, NULL, rsp-64); mov rax, [rsp-64]
			asm("31ff be07000000 31d2 4c8d5424c0 b82e010000"), asm("488b4424c0"), answers(descriptors)},
	}
}

// object hides the call in an immediate and calls it there: mov r11, imm64; …;
// lea r11, [rip-d]; call r11; …; ret.
func (l lone) object() []byte {
	before := asm(hide(asm(syscall, ret)), l.call)
	back := uint32(int32(hideAt - len(before) - 7))
	return function(asm(before, "4c8d1d", back, "41ffd3", l.after, ret))
}

// prove tries the layer with the others switched off, when the attack must
// fail, and with none at all, when it must succeed. A layer that this host does
// not give is told and is no failure; a layer that does nothing is one.
func (l lone) prove(ctx context.Context, env Env, layers []wire.LayerName, open Open) (string, error) {
	others := slices.DeleteFunc(slices.Clone(layers), func(name wire.LayerName) bool { return name == l.layer || slices.Contains(l.needs, name) })
	with, err := l.try(ctx, env, others, open)
	if err != nil {
		return "", err
	}
	if state := sandbox(with)[l.layer]; !state.Enforced {
		return "this host does not give it: " + state.String(), nil
	}
	if !l.holds(with) {
		return "", fmt.Errorf("%s is in force by its own account and does nothing: the attack %s and ends with %s", l.layer, l.tries, describe(with))
	}
	none, err := l.try(ctx, env, layers, open)
	if err != nil {
		return "", err
	}
	if l.holds(none) {
		return "", fmt.Errorf("the attack %s and ends with %s although no layer is in force: it proves nothing about %s", l.tries, describe(none), l.layer)
	}
	return fmt.Sprintf("%s: %s; without it %s", l.tries, l.short(with), l.short(none)), nil
}

// short words an outcome of a row.
func (l lone) short(rep *wire.Report) string {
	if rep.Problem != nil {
		return string(rep.Problem.Class)
	}
	return fmt.Sprintf("answered %s", rep.Result.Result)
}

func (l lone) try(ctx context.Context, env Env, without []wire.LayerName, open Open) (*wire.Report, error) {
	do, end, err := open(without)
	if err != nil {
		return nil, fmt.Errorf("without %s: %w", wire.JoinLayers(without), err)
	}
	defer end()
	a := Attack{Kernel: kernelName, Layer: Seccomp, Object: l.object}
	job, err := env.Job(&a)
	if err != nil {
		return nil, err
	}
	rep, err := do(ctx, job)
	if err == nil && rep.Result == nil && rep.Problem == nil {
		err = fmt.Errorf("the child answers with neither a result nor a problem")
	}
	return rep, err
}

// sandbox is the layers that a report names.
func sandbox(rep *wire.Report) wire.Layers {
	if rep.Result != nil {
		return rep.Result.Sandbox
	}
	return rep.Problem.Sandbox
}
