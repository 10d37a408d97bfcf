<#
.SYNOPSIS
Measures one part of a capture and writes the report as JSON: what each of several processes or hosts runs.
.DESCRIPTION
Every flow is in one part. Merge-SteeringReport puts the reports of all parts together, and the result is that of the whole capture. Over PowerShell remoting
(SSH) each host that has the capture measures its part:

    $parts = 0..1 | ForEach-Object {
        Invoke-Command -HostName "host$_" -ScriptBlock { param($part) & ~/ReuseportPS/examples/measure-part.ps1 web.pcap web.yaml -SlotCount 4 -Part $part -Count 2 } -ArgumentList $_
    }
    $parts | Merge-SteeringReport

.PARAMETER Capture
The capture.
.PARAMETER Policy
The policy, a YAML file.
.PARAMETER SlotCount
Slots of the group.
.PARAMETER Part
Number of the part, from 0.
.PARAMETER Count
How many parts there are.
.PARAMETER Path
Where to write the report; to the output without it.
#>
param(
    [string] $Capture,
    [string] $Policy,
    [int] $SlotCount = 4,
    [int] $Part = 0,
    [int] $Count = 1,
    [string] $Path
)

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../ReuseportPS.psd1')

$measurement = Import-PacketTrace $Capture -Partition $Part -PartitionCount $Count | Measure-SteeringPolicy -Policy $Policy -SlotCount $SlotCount
if ($Path) {
    $measurement | Export-SteeringReport $Path -Format Json
} else {
    $measurement | Export-SteeringReport -Format Json
}
