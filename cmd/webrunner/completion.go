package main

import (
	"fmt"
	"io"
	"strings"
)

// manual is what there is to say of one command to who reads or completes it.
type manual struct {
	verb
	flags *flags
}

// manuals are those of all commands: each is asked for its help.
func manuals() (list []manual) {
	for _, v := range verbs() {
		m := manual{verb: v}
		v.run(&app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, shown: func(f *flags) { m.flags = f }}, []string{"-h"})
		list = append(list, m)
	}
	return list
}

// names are the flag's, with their dashes.
func (r flagRow) dashed() []string { return strings.Split(r.names, ", ") }

// completion prints a script for a shell.
func (a *app) completion(args []string) int {
	f := newFlags("completion bash|zsh|fish")
	f.note = "bash: eval \"$(webrunner completion bash)\"\nzsh:  webrunner completion zsh > \"${fpath[1]}/_webrunner\"\nfish: webrunner completion fish | source"
	rest, code, stop := f.parse(a, args, 1, 1)
	if stop {
		return code
	}
	write := map[string]func(io.Writer, []manual){"bash": bash, "zsh": zsh, "fish": fish}[rest[0]]
	if write == nil {
		return a.fail("text", usage("there is no completion for %.20q; there is one for bash, zsh and fish", rest[0]))
	}
	write(a.out, manuals())
	return exitGood
}

// bash writes a function for bash's programmable completion (bash(1), "Programmable
// Completion"): commands, then flags of the command, kernels behind --kernel, and files.
func bash(w io.Writer, list []manual) {
	var names []string
	for _, m := range list {
		names = append(names, m.name)
	}
	fmt.Fprintf(w, `# bash completion for webrunner
_webrunner() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} flags=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ] && [ "${cur#-}" = "$cur" ]; then
		COMPREPLY=($(compgen -W "%s" -- "$cur"))
		return
	fi
	case $prev in
	-k|--kernel)
		COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" kernels 2>/dev/null | sed 's/ .*//')" -- "$cur"))
		return ;;
	esac
	case ${COMP_WORDS[1]} in
`, strings.Join(names, " "))
	for _, m := range list {
		var flags []string
		for _, r := range m.flags.rows {
			flags = append(flags, r.dashed()...)
		}
		fmt.Fprintf(w, "\t%s) flags=\"%s\" ;;\n", m.name, strings.Join(flags, " "))
	}
	fmt.Fprint(w, `	esac
	if [ "${cur#-}" != "$cur" ]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
	fi
}
complete -o default -F _webrunner webrunner
`)
}

// zsh writes a function for zsh's completion system (zshcompsys(1), "_arguments").
func zsh(w io.Writer, list []manual) {
	quoted := func(s string) string {
		return strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(s)
	}
	fmt.Fprint(w, "#compdef webrunner\n_webrunner() {\n\tlocal -a commands\n\tcommands=(\n")
	for _, m := range list {
		fmt.Fprintf(w, "\t\t'%s:%s'\n", m.name, quoted(m.about))
	}
	fmt.Fprint(w, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tcase ${words[2]} in\n")
	for _, m := range list {
		fmt.Fprintf(w, "\t%s)\n\t\t_arguments '*:file:_files'", m.name)
		for _, r := range m.flags.rows {
			for _, name := range r.dashed() {
				argument := ""
				if r.argument != "" {
					argument = ":" + quoted(r.argument) + ":_files"
				}
				fmt.Fprintf(w, " \\\n\t\t\t'*%s[%s]%s'", name, quoted(r.about), argument)
			}
		}
		fmt.Fprint(w, " ;;\n")
	}
	fmt.Fprint(w, "\tesac\n}\n_webrunner \"$@\"\n")
}

// fish writes commands for fish's complete (https://fishshell.com/docs/current/cmds/complete.html).
func fish(w io.Writer, list []manual) {
	quoted := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
	for _, m := range list {
		fmt.Fprintf(w, "complete -c webrunner -n __fish_use_subcommand -f -a %s -d %s\n", m.name, quoted(m.about))
		for _, r := range m.flags.rows {
			fmt.Fprintf(w, "complete -c webrunner -n '__fish_seen_subcommand_from %s'", m.name)
			for _, name := range r.dashed() {
				if long, ok := strings.CutPrefix(name, "--"); ok {
					fmt.Fprintf(w, " -l %s", long)
				} else {
					fmt.Fprintf(w, " -s %s", strings.TrimPrefix(name, "-"))
				}
			}
			if r.argument != "" {
				fmt.Fprint(w, " -r")
			}
			fmt.Fprintf(w, " -d %s\n", quoted(r.about))
		}
	}
}

// man prints the manual page of all commands.
func (a *app) man(args []string) int {
	f := newFlags("man")
	f.note = "webrunner man > webrunner.1; man -l webrunner.1"
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	page(a.out, manuals())
	return exitGood
}

// page writes a manual page in the macros of man(7).
func page(w io.Writer, list []manual) {
	line := func(s string) string { // no text is a macro or an escape
		s = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(s)
		if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
			s = `\&` + s
		}
		return s
	}
	text := func(s string) {
		for l := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
			fmt.Fprintln(w, line(l))
		}
	}
	fmt.Fprint(w, ".TH WEBRUNNER 1\n.SH NAME\nwebrunner \\- runs untrusted x86\\-64 machine code in a sandbox and measures it\n.SH SYNOPSIS\n.B webrunner\n[COMMAND] [FLAGS] [ARGUMENTS]\n.SH COMMANDS\nWithout a command, or with a flag in its place, webrunner serves.\n")
	for _, m := range list {
		fmt.Fprintf(w, ".SS %s\n", m.name)
		text(m.about + ".")
		fmt.Fprintf(w, ".PP\n.B %s\n", line("webrunner "+m.flags.head))
		for _, r := range m.flags.rows {
			fmt.Fprintf(w, ".TP\n.B %s", line(r.names))
			if r.argument != "" {
				fmt.Fprintf(w, " %s", line(r.argument))
			}
			fmt.Fprintln(w)
			text(r.about)
		}
		if m.flags.note != "" {
			fmt.Fprint(w, ".PP\n.nf\n")
			text(m.flags.note)
			fmt.Fprint(w, ".fi\n")
		}
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n")
	text(exitCodes)
	fmt.Fprint(w, ".SH ENVIRONMENT\n")
	for _, v := range [][2]string{
		{serverVariable, "the server to ask where --server is not given"},
		{tokenVariable, "the file of the token to send where --token-file is not given"},
	} {
		fmt.Fprintf(w, ".TP\n.B %s\n", v[0])
		text(v[1])
	}
}
