package iam

import (
	"cmp"
	"slices"
	"strings"
)

// actionNames are the actions that a policy may name at 1.0.1, by family; the
// names are exact and capitals count. (rustfs-policy src/policy/action.rs)
func actionNames(family string) []string {
	switch family {
	case "s3":
		return strings.Fields(`
		AbortMultipartUpload BypassGovernanceRetention CreateBucket DeleteBucket DeleteBucketCors DeleteBucketPolicy
		DeleteBucketPublicAccessBlock DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
		ForceDeleteBucket ForceDeleteObject GetBucketAcl GetBucketCors GetBucketEncryption GetBucketLifecycle
		GetBucketLocation GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketPolicy
		GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketQuota GetBucketTagging GetBucketVersioning GetObject
		GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectVersion
		GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetReplicationConfiguration
		HeadBucket ListAllMyBuckets ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts
		ListenBucketNotification ListenNotification PutBucketAcl PutBucketCors PutBucketEncryption PutBucketLifecycle
		PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketPolicy PutBucketPublicAccessBlock
		PutBucketTagging PutBucketVersioning PutObject PutObjectAcl PutObjectFanOut PutObjectLegalHold PutObjectRetention
		PutObjectTagging PutObjectVersionTagging PutReplicationConfiguration ReplicateDelete ReplicateObject ReplicateTags
		ResetBucketReplicationState RestoreObject`)
	case "admin":
		return strings.Fields(`
		AddUserToGroup AttachUserOrGroupPolicy BandwidthMonitor CancelBatchJob CommitTable ConfigUpdate ConsoleLog
		CreatePolicy CreateServiceAccount CreateTable CreateUser DataUsageInfo Decommission DeletePolicy DeleteTable
		DeleteTableNamespace DeleteUser DescribeBatchJob DisableGroup DisableUser EnableGroup EnableUser ExportBucketMetadata
		ExportIAM ForceUnlock GetBucketOnDemandMigration GetBucketTarget GetGroup GetMetrics GetPolicy GetReplicationMetrics
		GetTable GetTableBucket GetTableCatalog GetTableCredentials GetTableLifecycle GetTableMetadata
		GetTableMetadataLocation GetTableNamespace GetUser Heal ImportBucketMetadata ImportIAM InspectData LicenseInfo
		ListBatchJobs ListGroups ListServiceAccounts ListTemporaryAccounts ListTier ListUserPolicies ListUsers
		MigrateTableCatalog OBDInfo Profiling Prometheus Rebalance RegisterTable RemoveServiceAccount RemoveUserFromGroup
		ReplicationDiff RunTableMaintenance ServerInfo ServerTrace ServerUpdate ServiceFreeze ServiceRestart ServiceStop
		SetBucketOnDemandMigration SetBucketQuota SetBucketTarget SetTable SetTableBucket SetTableLifecycle SetTableMetadata
		SetTableMetadataLocation SetTableNamespace SetTier SiteReplicationAdd SiteReplicationDisable SiteReplicationInfo
		SiteReplicationOperation SiteReplicationRemove SiteReplicationResync StartBatchJob StorageInfo TopLocksInfo
		UpdatePolicyAssociation UpdateServiceAccount UpdateTableNamespaceProperties`)
	case "kms":
		return strings.Fields(`
		Backup ClearCache Configure Decrypt DeleteKey DescribeKey DisableKey EnableKey GenerateDataKey ListKeys Rekey Restore
		RotateKey ServiceControl TagResource UntagResource UpdateKeyDescription`)
	case "sts":
		return strings.Fields(`
		AssumeRole`)
	}
	return nil
}

// ActionFamilies are the families of actions.
func ActionFamilies() []string { return []string{"s3", "admin", "kms", "sts"} }

// Actions are all actions that RustFS 1.0.1 knows, those for a whole family
// included, in the order of their names.
func Actions() []string {
	var out []string
	for _, f := range ActionFamilies() {
		out = append(out, f+":*")
		for _, n := range actionNames(f) {
			out = append(out, f+":"+n)
		}
	}
	slices.Sort(out)
	return out
}

// IsAction reports whether RustFS 1.0.1 knows an action; "*" is one too.
func IsAction(name string) bool {
	family, rest, ok := strings.Cut(name, ":")
	names := actionNames(family)
	return name == "*" || ok && names != nil && (rest == "*" || slices.Contains(names, rest))
}

// ResolveAction finds the action that a person means: with or without its
// family, whatever its capitals. Families are tried in order, S3 first.
func ResolveAction(word string) (action string, ok bool) {
	if IsAction(word) && word != "*" {
		return word, true
	}
	for _, a := range Actions() {
		if strings.EqualFold(a, word) {
			return a, true
		}
	}
	if strings.Contains(word, ":") {
		return "", false
	}
	for _, f := range ActionFamilies() {
		for _, n := range actionNames(f) {
			if strings.EqualFold(n, word) {
				return f + ":" + n, true
			}
		}
	}
	return "", false
}

// NearestActions are up to n actions whose names are most like a word.
func NearestActions(word string, n int) []string {
	type guess struct {
		name string
		far  int
	}
	family, rest, ok := strings.Cut(strings.ToLower(word), ":")
	if !ok {
		rest = family
	}
	var all []guess
	for _, a := range Actions() {
		f, name, _ := strings.Cut(a, ":")
		if name == "*" {
			continue
		}
		far := distance(rest, strings.ToLower(name))
		if ok && f != family {
			far += 2
		}
		if strings.Contains(strings.ToLower(name), rest) {
			far = min(far, 3)
		}
		all = append(all, guess{a, far})
	}
	slices.SortStableFunc(all, func(a, b guess) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, g := range all[:min(n, len(all))] {
		if g.far <= max(3, len(rest)/2) {
			out = append(out, g.name)
		}
	}
	return out
}

// distance is how many letters have to change to make one word of another.
func distance(a, b string) int {
	const longest = 128 // no action is longer; a longer word is like none
	if len(a) > longest {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// NeverAsked says what a server asks instead of an action that it knows and
// never asks for; empty for all others. (rustfs src/storage/access.rs,
// src/admin at 1.0.1)
func NeverAsked(action string) string {
	switch action {
	case "s3:HeadBucket":
		return "looking at a bucket asks for s3:ListBucket"
	case "s3:GetObjectVersionTagging":
		return "tags of a version ask for s3:GetObjectTagging"
	case "s3:PutObjectVersionTagging":
		return "tags of a version ask for s3:PutObjectTagging"
	case "s3:DeleteObjectVersionTagging":
		return "tags of a version ask for s3:DeleteObjectTagging"
	case "s3:ReplicateTags", "s3:GetObjectVersionForReplication":
		return "replication asks for s3:ReplicateObject"
	case "admin:DisableUser":
		return "switching a user off asks for admin:EnableUser"
	case "admin:DisableGroup":
		return "switching a group off asks for admin:EnableGroup"
	case "admin:UpdatePolicyAssociation":
		return "attaching policies asks for admin:AttachUserOrGroupPolicy"
	case "admin:Prometheus", "admin:LicenseInfo", "admin:BandwidthMonitor", "admin:SiteReplicationDisable":
		return "no route of this version asks for it"
	}
	return ""
}

// Effects of actions, in the few words of a table.
const (
	Reads   = "read"
	Writes  = "write"
	Deletes = "delete"
	Lists   = "list"
	Manages = "admin"
)

// EffectOf sorts an action into one of the effects: what is done to objects
// is read, write, delete or list; what changes settings, users or the server
// is admin.
func EffectOf(action string) string {
	family, name, _ := strings.Cut(action, ":")
	if family != "s3" {
		return Manages
	}
	switch {
	case name == "*":
		return Manages
	case strings.HasPrefix(name, "List"), name == "HeadBucket", name == "GetBucketLocation":
		return Lists
	case strings.HasPrefix(name, "ForceDelete"), name == "DeleteBucket":
		return Deletes
	case strings.Contains(name, "Bucket"), strings.Contains(name, "Replicat"), name == "BypassGovernanceRetention":
		return Manages
	case strings.HasPrefix(name, "Get"):
		return Reads
	case strings.HasPrefix(name, "DeleteObject") && !strings.Contains(name, "Tagging"), name == "AbortMultipartUpload":
		return Deletes
	}
	return Writes
}
