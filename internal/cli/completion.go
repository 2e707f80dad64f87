package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

// completeName is the executable that kubectl (1.26 or newer) asks for
// completions: kubectl_complete-NAME for the plugin kubectl-NAME. Programs that
// are no kubectl plugin have none.
func completeName(program string) string {
	if name, ok := strings.CutPrefix(program, "kubectl-"); ok {
		return "kubectl_complete-" + name
	}
	return ""
}

func newCompletion(u *UI) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion",
		Short: "Set up tab completion",
		Long: "Set up tab completion: for kubectl itself, or for a shell when the program is called by its own name.\n\n" +
			ExitHelp(""),
		Example: completionExample(u),
	}
	if strings.HasPrefix(u.program.Name, "kubectl-") {
		cmd.AddCommand(newCompletionKubectl(u))
	}
	for shell, gen := range map[string]func(*cobra.Command) error{
		"bash":       func(r *cobra.Command) error { return r.GenBashCompletionV2(u.Out, true) },
		"zsh":        func(r *cobra.Command) error { return r.GenZshCompletion(u.Out) },
		"fish":       func(r *cobra.Command) error { return r.GenFishCompletion(u.Out, true) },
		"powershell": func(r *cobra.Command) error { return r.GenPowerShellCompletionWithDesc(u.Out) },
	} {
		cmd.AddCommand(&cobra.Command{
			Use:     shell,
			Short:   "Print the completion script for " + shell,
			Long:    "Print the completion script for " + shell + ", for calling " + u.program.Name + " by its own name.\n\n" + ExitHelp(""),
			Example: "  # Print the script\n  " + u.Display() + " completion " + shell,
			Args:    cobra.NoArgs,
			RunE:    func(c *cobra.Command, _ []string) error { return gen(c.Root()) },
		})
	}
	return cmd
}

func completionExample(u *UI) string {
	if strings.HasPrefix(u.program.Name, "kubectl-") {
		return "  # Make tab complete " + u.Display() + "\n  " + u.Display() + " completion kubectl"
	}
	return "  # Print the script for bash\n  " + u.Display() + " completion bash"
}

func newCompletionKubectl(u *UI) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "kubectl",
		Short: "Make tab complete this plugin's commands under kubectl",
		Long: "Create " + completeName(u.program.Name) + ", the link that kubectl (1.26 or newer) asks for completions,\n" +
			"beside this program or in --dir, which must be on PATH.\n\n" + ExitHelp(""),
		Example: "  # Beside the plugin\n  " + u.Display() + " completion kubectl\n\n" +
			"  # Somewhere else on PATH\n  " + u.Display() + " completion kubectl --dir ~/.local/bin",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return linkCompletion(u, dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "Directory for the link (default: where this program lies)")
	return cmd
}

func linkCompletion(u *UI, dir string) error {
	self, err := calledAs()
	if err != nil {
		return err
	}
	if dir == "" {
		dir = filepath.Dir(self)
	}
	link := filepath.Join(dir, completeName(u.program.Name))
	if runtime.GOOS == "windows" {
		return Hintf(errors.New("completion kubectl: links need a right that Windows users seldom have"),
			"copy %s to %s.exe", self, link)
	}
	if old, err := os.Readlink(link); err == nil && old == self {
		u.Remarkf("%s is in place", link)
		return nil
	}
	if err := os.Symlink(self, link); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return Hintf(err, "remove it first: rm %s", link)
		}
		return Hintf(err, "choose a directory of your own that is on PATH: --dir DIR")
	}
	_, err = fmt.Fprintf(u.Out, "%s created\n", link)
	return err
}

// calledAs is the path by which this program was found: for a plugin that krew
// installed, the link on PATH, which outlives an upgrade, and not what it
// points to.
func calledAs() (string, error) {
	self, err := exec.LookPath(os.Args[0])
	if err != nil {
		return "", err
	}
	return filepath.Abs(self)
}
