package rustfs

import "github.com/spf13/cobra"

// family is a group of commands that belong together, as the manual shows it.
type family struct {
	id, title string
	commands  []*cobra.Command
}

// families are all commands, in the order of the manual. Each command is in the
// file of its name.
func families(p *plugin) []family {
	return []family{
		{"server", "The server:", serverCommands(p)},
		{"bridge", "For other programs:", bridgeCommands(p)},
		{"buckets", "Buckets:", bucketCommands(p)},
		{"objects", "Objects:", objectCommands(p)},
		{"iam", "Users and keys:", iamCommands(p)},
		{"answers", "Who may do what:", answerCommands(p)},
		{"declared", "State as a document, and insurance:", declaredCommands(p)},
	}
}

// serverCommands look at the servers themselves.
func serverCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newStatus(p), newDoctor(p), newConfig(p), newLogs(p), newMetrics(p), newWhoami(p)}
}

// bridgeCommands open a server for other programs.
func bridgeCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newConsole(p), newForward(p), newExec(p)}
}

// bucketCommands look after buckets and their settings.
func bucketCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newBucket(p)}
}

// objectCommands move objects about.
func objectCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{
		newLs(p), newStat(p), newCat(p), newCp(p), newMv(p), newRm(p), newUndelete(p), newSync(p), newFind(p), newDu(p), newTree(p), newShare(p), newTag(p),
	}
}

// iamCommands look after users, groups, policies and access keys.
func iamCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newUser(p), newGroup(p), newPolicy(p), newKey(p), newGrant(p), newRevoke(p), newRotate(p)}
}

// answerCommands say who may do what.
func answerCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newCan(p), newWho(p), newAudit(p)}
}

// declaredCommands bring a server to what a document says, and back.
func declaredCommands(p *plugin) []*cobra.Command {
	return []*cobra.Command{newExport(p), newDiff(p), newApply(p), newBackup(p), newRestore(p)}
}
