/*
 * shells.c - completion: the script for each shell, which asks complete.c at each Tab.
 *
 * The program is asked by the name under which it was called, so a build that is not installed
 * completes its own commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/obj.h"
#include "commands.h"
#include "complete.h"
#include "find.h"
#include "say.h"

static const char bash[] = "# bash completion for relinkctl; made by: relinkctl completion bash\n"
			   "_relinkctl() {\n"
			   "\tlocal line\n"
			   "\tCOMPREPLY=()\n"
			   "\twhile IFS= read -r line; do\n"
			   "\t\tif [ \"$line\" = :files ]; then\n"
			   "\t\t\tcompopt -o default 2>/dev/null\n"
			   "\t\telse\n"
			   "\t\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
			   "\t\tfi\n"
			   "\tdone < <(\"${1/#\\~/$HOME}\" " COMPLETE_WORD
			   " \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null </dev/null)\n"
			   "}\n"
			   "complete -F _relinkctl relinkctl\n";

static const char zsh[] = "#compdef relinkctl\n"
			  "# zsh completion for relinkctl; made by: relinkctl completion zsh\n"
			  "_relinkctl() {\n"
			  "\tlocal line word\n"
			  "\tlocal -a items\n"
			  "\tfor line in \"${(@f)$(${~words[1]} " COMPLETE_WORD
			  " \"${(@)words[2,CURRENT]}\" 2>/dev/null </dev/null)}\"; do\n"
			  "\t\t[[ -n $line ]] || continue\n"
			  "\t\tif [[ $line == :files ]]; then\n"
			  "\t\t\t_files\n"
			  "\t\t\treturn\n"
			  "\t\tfi\n"
			  "\t\tword=${line%%$'\\t'*}\n"
			  "\t\titems+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
			  "\tdone\n"
			  "\t_describe -t relinkctl relinkctl items\n"
			  "}\n"
			  "if [[ ${funcstack[1]} == _relinkctl ]]; then\n"
			  "\t_relinkctl \"$@\"\n"
			  "else\n"
			  "\tcompdef _relinkctl relinkctl\n"
			  "fi\n";

static const char fish[] = "# fish completion for relinkctl; made by: relinkctl completion fish\n"
			   "function __relinkctl_complete\n"
			   "\tset -l words (commandline -opc)\n"
			   "\tset -l lines ($words[1] " COMPLETE_WORD
			   " $words[2..-1] (commandline -ct) 2>/dev/null </dev/null)\n"
			   "\tif test \"$lines\" = :files\n"
			   "\t\t__fish_complete_path (commandline -ct)\n"
			   "\telse\n"
			   "\t\tprintf '%s\\n' $lines\n"
			   "\tend\n"
			   "end\n"
			   "complete -c relinkctl -f -a '(__relinkctl_complete)'\n";

int completion_print(struct cli *c)
{
	static const struct {
		const char *name, *script;
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(shells[i].name, c->args[0]) == 0) {
			fputs(shells[i].script, stdout);
			return CTL_OK;
		}
	}
	say(&c->term, "there is no completion for \"%s\"; SHELL is bash, zsh or fish", c->args[0]);
	return CTL_USAGE;
}
