package rustfs

import (
	"slices"
	"strings"
)

// actionNames are the action names a policy may use, by family; besides them
// only "*" (meaning s3:*) and "<family>:*" are valid. Names are exact and
// case-sensitive.
var actionNames = map[string][]string{
	"s3": strings.Fields(`AbortMultipartUpload BypassGovernanceRetention CreateBucket DeleteBucket DeleteBucketCors DeleteBucketPolicy
		DeleteBucketPublicAccessBlock DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
		ForceDeleteBucket ForceDeleteObject GetBucketAcl GetBucketCors GetBucketEncryption GetBucketLifecycle
		GetBucketLocation GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketPolicy
		GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketQuota GetBucketTagging GetBucketVersioning GetObject
		GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectVersion
		GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetReplicationConfiguration
		HeadBucket ListAllMyBuckets ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts
		ListenBucketNotification ListenNotification PutBucketAcl PutBucketCors PutBucketEncryption PutBucketLifecycle
		PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketPolicy
		PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutObject PutObjectAcl PutObjectFanOut
		PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionTagging PutReplicationConfiguration
		ReplicateDelete ReplicateObject ReplicateTags ResetBucketReplicationState RestoreObject`),
	"admin": strings.Fields(`AddUserToGroup AttachUserOrGroupPolicy BandwidthMonitor CancelBatchJob CommitTable ConfigUpdate ConsoleLog
		CreatePolicy CreateServiceAccount CreateTable CreateUser DataUsageInfo Decommission DeletePolicy DeleteTable
		DeleteTableNamespace DeleteUser DescribeBatchJob DisableGroup DisableUser EnableGroup EnableUser
		ExportBucketMetadata ExportIAM ForceUnlock GetBucketOnDemandMigration GetBucketTarget GetGroup GetMetrics
		GetPolicy GetReplicationMetrics GetTable GetTableBucket GetTableCatalog GetTableCredentials GetTableLifecycle
		GetTableMetadata GetTableMetadataLocation GetTableNamespace GetUser Heal ImportBucketMetadata ImportIAM
		InspectData LicenseInfo ListBatchJobs ListGroups ListServiceAccounts ListTemporaryAccounts ListTier
		ListUserPolicies ListUsers MigrateTableCatalog OBDInfo Profiling Prometheus Rebalance RegisterTable
		RemoveServiceAccount RemoveUserFromGroup ReplicationDiff RunTableMaintenance ServerInfo ServerTrace
		ServerUpdate ServiceFreeze ServiceRestart ServiceStop SetBucketOnDemandMigration SetBucketQuota
		SetBucketTarget SetTable SetTableBucket SetTableLifecycle SetTableMetadata SetTableMetadataLocation
		SetTableNamespace SetTier SiteReplicationAdd SiteReplicationDisable SiteReplicationInfo
		SiteReplicationOperation SiteReplicationRemove SiteReplicationResync StartBatchJob StorageInfo TopLocksInfo
		UpdatePolicyAssociation UpdateServiceAccount UpdateTableNamespaceProperties`),
	"sts": strings.Fields(`AssumeRole`),
	"kms": strings.Fields(`Backup ClearCache Configure Decrypt DeleteKey DescribeKey DisableKey EnableKey GenerateDataKey ListKeys Rekey
		Restore RotateKey ServiceControl TagResource UntagResource UpdateKeyDescription`),
}

func isAction(name string) bool {
	family, rest, ok := strings.Cut(name, ":")
	known, isFamily := actionNames[family]
	return ok && isFamily && (rest == "*" || slices.Contains(known, rest))
}

// builtinPolicies are the documents that exist without being created, as
// list-canned-policies of 1.0.1 prints them.
var builtinPolicies = map[string]string{
	"readonly":   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject","s3:GetBucketQuota"],"Resource":["arn:aws:s3:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"readwrite":  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"writeonly":  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"KMSAuditor": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:DescribeKey","kms:ListKeys"],"Resource":["arn:aws:kms:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"KMSKeyUser": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:GenerateDataKey","kms:Decrypt","kms:DescribeKey"],"Resource":["arn:aws:kms:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,

	"KMSKeyAdministrator": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:DescribeKey","kms:ListKeys","kms:EnableKey","kms:DisableKey","kms:RotateKey","kms:DeleteKey"],"Resource":["arn:aws:kms:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"diagnostics":         `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["admin:Profiling","admin:ServerTrace","admin:ConsoleLog","admin:ServerInfo","admin:TopLocksInfo","admin:OBDInfo","admin:Prometheus","admin:BandwidthMonitor"],"Resource":["arn:aws:s3:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
	"consoleAdmin":        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["admin:*"]},{"Effect":"Allow","Action":["kms:*"]},{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]},{"Effect":"Allow","Action":["sts:AssumeRole"]}]}`,
}
