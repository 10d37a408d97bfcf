BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: hash }"
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300
    $null = New-ReuseportGroup bare -SlotCount 4 -Port 5301
    $null = Set-SteeringPolicy web TestDrive:/a.yaml
}

Describe 'Get-SteeringPolicy' {
    It 'gives the policies of every group that has one' {
        $applied = @(Get-SteeringPolicy)
        $applied.Group | Should -Be 'web'
        $applied[0].Policy.Name | Should -Be 'a'
        $applied[0].InstructionCount | Should -BeGreaterThan 0
    }

    It 'gives nothing for a group without a policy' {
        Get-SteeringPolicy bare | Should -BeNullOrEmpty
    }

    It 'gives a policy that can be applied elsewhere' {
        (Set-SteeringPolicy bare (Get-SteeringPolicy web)).Change | Should -Be 'Program'
    }

    It 'reports a group that is not there' {
        { Get-SteeringPolicy nothing -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }
}
