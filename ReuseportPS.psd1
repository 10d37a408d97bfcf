@{
    RootModule             = 'out/ReuseportPS/ReuseportPS.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '6f0f4f3c-4d0a-4f6e-9b53-2a6f3f6c9e11'
    Author                 = 'The ReuseportPS authors'
    CompanyName            = 'The ReuseportPS authors'
    Copyright              = 'Copyright (c) 2026 The ReuseportPS authors. MIT licence.'
    Description            = 'Decide which socket of a SO_REUSEPORT group gets which connection or datagram: preview it in a simulator, apply it to the Linux kernel, watch it, take it back.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    CmdletsToExport        = @(
        'Clear-SocketSlot'
        'Compare-SteeringPolicy'
        'Confirm-SteeringPolicy'
        'ConvertFrom-BpfAssembly'
        'ConvertTo-BpfAssembly'
        'Export-ReuseportSnapshot'
        'Export-SteeringPolicy'
        'Export-SteeringProgram'
        'Export-SteeringReport'
        'Find-ReuseportSocket'
        'Get-ReuseportBackend'
        'Get-ReuseportConnection'
        'Get-ReuseportGroup'
        'Get-SocketSlot'
        'Get-SteeringCounter'
        'Get-SteeringPolicy'
        'Import-PacketTrace'
        'Import-ReuseportSnapshot'
        'Import-SteeringPolicy'
        'Import-SteeringProgram'
        'Invoke-ReuseportScenario'
        'Invoke-SteeringProgram'
        'Measure-SteeringPolicy'
        'Merge-SteeringReport'
        'New-PacketTrace'
        'New-ReuseportGroup'
        'New-SteeringPolicy'
        'Remove-ReuseportGroup'
        'Remove-SteeringPolicy'
        'Restore-SteeringPolicy'
        'Resume-SocketSlot'
        'Set-ReuseportBackend'
        'Set-SocketSlot'
        'Set-SteeringPolicy'
        'Suspend-SocketSlot'
        'Sync-ReuseportGroup'
        'Test-ReuseportEnvironment'
        'Test-ReuseportFidelity'
        'Test-ReuseportGroup'
        'Test-SteeringPolicy'
        'Trace-SteeringDecision'
        'Watch-SteeringDecision'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    FormatsToProcess       = @('out/ReuseportPS/ReuseportPS.Format.ps1xml')
    PrivateData            = @{
        PSData = @{
            Tags                       = @('eBPF', 'SO_REUSEPORT', 'networking', 'simulator', 'Linux', 'PSEdition_Core')
            ReleaseNotes               = 'See CHANGELOG.md'
            ExternalModuleDependencies = @()
            RequireLicenseAcceptance   = $false
        }
    }
}
